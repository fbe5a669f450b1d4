"""Workbench: makes .tflite files of one model and measures each against the float model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.candidate import Candidate, Judged
from converter.errors import ConversionError, library_failures, shortened
from converter.images import ConversionImages, iterate_inputs
from converter.judge import (
    Disagreement,
    Latency,
    Limits,
    Scores,
    file_scores,
    float_scores,
    judge_scores,
    measure_latencies,
    worst_disagreements,
)
from converter.models import FloatModel
from converter.quantize import FLOAT32, Conversion, Inputs, Variant
from converter.quantize.package import Identity, Package, package_model
from converter.targets import Target, adapt, check_requirements
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.errors import BackendError
from edge_runtime.preprocess import read_image


class Workbench:
    """Converts one model in many ways.

    Attributes:
        model: the float model.
        conversion: makes files of it.
        identity: what all files have in common.
        images: what calibrates and what evaluates.
        tried: all files that may be delivered so far, in order.
    """

    def __init__(
        self,
        model: FloatModel,
        conversion: Conversion,
        identity: Identity,
        images: ConversionImages,
        limits: Limits,
        target: Target,
        folder: Path,
    ) -> None:
        """Takes everything together.

        Args:
            model: to convert.
            conversion: of that model.
            identity: what its files say of themselves.
            images: what calibrates and what evaluates.
            limits: of the gate.
            target: where the files are to run.
            folder: an empty one for what is made on the way.
        """
        self.model = model
        self.conversion = conversion
        self.identity = identity
        self.images = images
        self.tried: list[Judged] = []
        self._limits = limits
        self._target = target
        self._folder = folder
        self._made = 0

    def inputs(self) -> Iterator[NDArray[np.float32]]:
        """The calibration inputs, read when they are asked for: each float32 (1, height, width, channels)."""
        return self.inputs_of(self.images.calibration)()

    def inputs_of(self, images: LabelledImages | None) -> Inputs:
        """The same of other images."""
        assert images is not None, "a recipe that calibrates was asked for without images"
        return partial(iterate_inputs, images, self.identity.contract.preprocessing)

    @cached_property
    def reference(self) -> Scores:
        """The float model's scores of the evaluation images."""
        return float_scores(self.images.evaluation, self.identity.contract, self.model)

    def make(self, variant: Variant) -> Package:
        """Makes one file, not yet measured.

        Raises:
            ConversionError: the converter refuses, or the file does not run on the target.
            NotApplicableError: the architecture does not allow the variant's preparation, or the target the recipe.
        """
        variant = replace(adapt(variant, self._target), preprocessing=self.identity.contract.preprocessing)
        with library_failures("the file cannot be made"):
            package = self._package(self.conversion.convert(variant, self.inputs), variant)
            if variant.recipe is not FLOAT32:  # all are compared with it, even where it cannot run
                check_requirements(package.model, self._target, variant.name)
            return package

    def make_anew(self, variant: Variant, calibration: LabelledImages) -> Package:
        """Makes an int8 file that is calibrated on other images, wherever it could run.

        Raises:
            ConversionError: the converter refuses.
        """
        variant = replace(variant, preprocessing=self.identity.contract.preprocessing)
        with library_failures("the file cannot be made"):
            converted = self.conversion.convert_anew(variant, self.inputs_of(calibration))
            return self._package(converted, variant)

    def try_all(self, variants: Sequence[Variant]) -> list[Judged]:
        """Makes files and measures them together on the evaluation images.

        Raises:
            ConversionError: the converter refuses one, or the interpreter does.
            NotApplicableError: the architecture does not allow a preparation.
            ImageError: an image cannot be decoded.
        """
        new = self.measure([self.make(variant) for variant in variants])
        self.tried += new
        return new

    def measure(self, packages: Sequence[Package]) -> list[Judged]:
        """Measures files on the evaluation images, and judges them.

        Raises:
            ConversionError: the interpreter does not take a file, or fails.
            ImageError: an image cannot be decoded.
        """
        evaluation, contract = self.images.evaluation, self.identity.contract
        judged = []
        with _interpreter_failures(packages):
            all_scores = file_scores(evaluation, [each.path for each in packages])
        for package, scores in zip(packages, all_scores, strict=True):
            gate, per_class = judge_scores(evaluation.labels, contract, self.reference, scores, self._limits)
            judged.append(Judged(package, scores, gate, per_class))
        return judged

    def finish(self, judged: Sequence[Judged]) -> list[Candidate]:
        """Times files in turns; their ratios are to the first."""
        latencies = self.latencies_of([each.package for each in judged])
        return [each.timed(latency) for each, latency in zip(judged, latencies, strict=True)]

    def disagreements_of(self, judged: Judged) -> tuple[Disagreement, ...]:
        """The evaluation images that it answers otherwise than the float model, the worst first."""
        return worst_disagreements(self.images.evaluation, self.identity.contract, self.reference, judged.scores)

    def latencies_of(self, packages: Sequence[Package]) -> list[Latency]:
        """Latencies on the first evaluation image; ratios are to the first package."""
        frame = read_image(self.images.evaluation.path(0))
        with _interpreter_failures(packages):
            return measure_latencies([package.path for package in packages], frame)

    def _package(self, converted: bytes, variant: Variant) -> Package:
        self._made += 1
        return package_model(converted, variant, self.identity, self._folder / f"{self._made}.tflite")


@contextmanager
def _interpreter_failures(packages: Sequence[Package]) -> Iterator[None]:
    """Says of a file that the interpreter does not run what it is; its path is one of a temporary folder."""
    try:
        with library_failures("the interpreter fails"):
            yield
    except BackendError as error:
        text = str(error)
        for package in packages:
            text = text.replace(str(package.path), package.variant.name)
        raise ConversionError(shortened(text)) from error
