"""Workbench: makes .tflite files of one model and measures each against the float model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.images import ConversionImages, iterate_inputs
from converter.judge import (
    METRICS,
    ClassDrop,
    Latency,
    Limits,
    Scores,
    answers_of,
    class_drops,
    file_scores,
    float_scores,
    judge,
    measure_latencies,
    truth_of,
)
from converter.models import FloatModel
from converter.quantize import FLOAT32, ModelConversion, Preparation, TensorFlowConversion, Variant, export_keras
from converter.quantize.package import Identity, Package, package_model
from converter.quantize.weights import prepare_copy
from converter.results import Candidate
from converter.targets import LITERT, Target, adapt, check_requirements
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.manifest import GateVerdict
from edge_runtime.preprocess import read_image


@dataclass(frozen=True, eq=False)
class Attempt:
    """One file, and how it did on the evaluation images.

    Attributes:
        package: the file.
        scores: (images, classes).
        gate: the verdict.
        per_class: what each class lost, the worst first.
    """

    package: Package
    scores: Scores
    gate: GateVerdict
    per_class: tuple[ClassDrop, ...]

    @property
    def variant(self) -> Variant:
        """How it was made."""
        return self.package.variant

    def to_candidate(self, latency: Latency) -> Candidate:
        """What the report says of it."""
        manifest, recipe = self.package.manifest, self.variant.recipe
        return Candidate(
            name=self.variant.name,
            recipe=recipe.name,
            summary=recipe.summary,
            parameters=manifest.quantization,
            input_type=manifest.input.dtype,
            output_type=manifest.output.dtype,
            size_bytes=len(self.package.to_bytes(self.gate)),
            weights_sha256=manifest.weights_sha256,
            gate=self.gate,
            per_class=self.per_class,
            latency_ms=latency,
        )


class Workbench:
    """Converts one model in many ways.

    Attributes:
        model: the float model.
        identity: what all files have in common.
        images: what calibrates and what evaluates.
        limits: of the gate.
        folder: for what is made on the way.
        target: where the files are to run.
        attempts: all so far, in order.
    """

    def __init__(
        self,
        model: FloatModel,
        conversion: ModelConversion,
        identity: Identity,
        images: ConversionImages,
        limits: Limits,
        folder: Path,
        target: Target = LITERT,
    ) -> None:
        """Takes everything together.

        Args:
            model: to convert.
            conversion: of that model.
            identity: what its files say of themselves.
            images: what calibrates and what evaluates.
            limits: of the gate.
            folder: an empty one for what is made on the way.
            target: where the files are to run.
        """
        self.model = model
        self.identity = identity
        self.images = images
        self.limits = limits
        self.attempts: list[Attempt] = []
        self.folder = folder
        self.target = target
        self._conversions: dict[tuple[Preparation, ...], ModelConversion] = {(): conversion}
        self._made = 0

    def inputs(self) -> Iterator[NDArray[np.float32]]:
        """The calibration inputs, read when they are asked for: each float32 (1, height, width, channels)."""
        return self.inputs_of(self.images.calibration)()

    def inputs_of(self, images: LabelledImages | None) -> Callable[[], Iterator[NDArray[np.float32]]]:
        """The same of other images."""
        assert images is not None, "a recipe that calibrates was asked for without images"
        return partial(iterate_inputs, images, self.identity.contract.preprocessing)

    @cached_property
    def reference(self) -> Scores:
        """The float model's scores of the evaluation images."""
        return float_scores(self.images.evaluation, self.identity.contract, self.model)

    def conversion_of(self, variant: Variant) -> ModelConversion:
        """What makes ``variant``; its preparation is done at the first call.

        Raises:
            NotApplicableError: the architecture does not allow the preparation; the message says why.
            ConversionError: TensorFlow cannot export the prepared model.
        """
        steps = variant.prepared
        if steps not in self._conversions:
            model = prepare_copy(self.model, steps, self.inputs)
            folder = self.folder / "-".join(steps)
            export_keras(model, self.model.image_shape, folder)
            self._conversions[steps] = TensorFlowConversion(folder)
        return self._conversions[steps]

    def make(self, variant: Variant) -> Package:
        """Makes one file, not yet measured.

        Raises:
            ConversionError: the converter refuses, or the file does not run on the target.
            NotApplicableError: the architecture does not allow the variant's preparation, or the target the recipe.
        """
        variant = adapt(variant, self.target)
        converted = self.conversion_of(variant).convert(variant, self.inputs)
        if variant.recipe is not FLOAT32:  # all are compared with it, even where it cannot run
            check_requirements(converted, self.target, variant.name)
        self._made += 1
        return package_model(converted, variant, self.identity, self.folder / f"{self._made}.tflite")

    def attempt(self, variants: Sequence[Variant]) -> list[Attempt]:
        """Makes files and measures them together on the evaluation images.

        Raises:
            ConversionError: the converter refuses one.
            NotApplicableError: the architecture does not allow a preparation.
            ImageError: an image cannot be decoded.
            BackendError: the interpreter does not take a file.
        """
        new = self.judge([self.make(variant) for variant in variants])
        self.attempts += new
        return new

    def judge(self, packages: Sequence[Package]) -> list[Attempt]:
        """Measures files on the evaluation images."""
        scores = file_scores(self.images.evaluation, [package.path for package in packages])
        return [self._judge(package, found) for package, found in zip(packages, scores, strict=True)]

    def measure_latencies(self, packages: Sequence[Package]) -> list[Latency]:
        """Latencies on the first evaluation image; ratios are to the first package."""
        frame = read_image(self.images.evaluation.path(0))
        return measure_latencies([package.path for package in packages], frame)

    def _judge(self, package: Package, scores: Scores) -> Attempt:
        contract = self.identity.contract
        task, thresholds = contract.task, contract.thresholds
        truth = truth_of(self.images.evaluation.labels, len(contract.labels))
        before, after = (answers_of(each, task, thresholds) for each in (self.reference, scores))
        drops = class_drops(contract.labels, truth, before, after, METRICS[task])
        gate = judge(truth, self.reference, scores, task, self.limits, thresholds=thresholds, per_class=drops)
        return Attempt(package, scores, gate, drops)
