"""Workbench: makes .tflite files of one model and measures each against the float model.

What is costly is done once: images are decoded, the float model runs on them, and each file is run on the images that
decide; the one that is to be delivered also on the test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.candidate import Candidate, Judged
from converter.config import ConvertConfig
from converter.errors import ConversionError, library_failures, shortened
from converter.frames import Frames, decode_frames
from converter.images import ConversionImages
from converter.judge import Latency, Limits, measure_latencies, processor_name, read_device_latencies
from converter.models import FloatModel
from converter.quantize import FLOAT32, Conversion, Variant, plain_pixels
from converter.quantize.package import Identity, Package, package_model
from converter.search.panel import Panel
from converter.targets import adapt, check_requirements
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.errors import BackendError

SWEPT = 400
"""Images that the sweep calibrates on at the most."""


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
        config: ConvertConfig,
        folder: Path,
    ) -> None:
        """Takes everything together.

        Args:
            model: to convert.
            conversion: of that model.
            identity: what its files say of themselves.
            images: what calibrates, what chooses and what evaluates.
            config: limits and target.
            folder: an empty one for what is made on the way.
        """
        self.model = model
        self.conversion = conversion
        self.identity = identity
        self.images = images
        self.tried: list[Judged] = []
        self._config = config
        self._folder = folder
        self._latencies: dict[Path, Latency] = {}
        self._device = None if config.device_latency is None else read_device_latencies(config.device_latency)
        self._made = 0

    @cached_property
    def evaluation(self) -> Panel:
        """The test part; its verdict on the chosen file is the gate's."""
        images, choosing = self.images.evaluation, self.images.choosing
        limits = self._config.limits
        if choosing is not None:
            limits = self._config.test_limits(len(images), len(choosing))
        return self._panel(images, "evaluation", limits)

    @cached_property
    def deciding(self) -> Panel:
        """The images that decide which file is taken: those that choose, or the test part where there is no choice."""
        choosing = self.images.choosing
        if choosing is None:
            return self.evaluation
        return self._panel(choosing, "choosing", self._config.choosing_limits(len(choosing)))

    @cached_property
    def spare_calibration(self) -> Frames:
        """What may calibrate, in the order of drawing: as much as anything here needs."""
        spare, used = self.images.spare_calibration, self.images.calibration
        assert spare is not None, "a recipe that calibrates was asked for without images"
        assert used is not None
        count = max(len(used), min(len(spare), SWEPT)) if self._config.calibration_sweep else len(used)
        return self._decoded(spare.subset(list(range(count))), "calibration")

    @property
    def calibration(self) -> Frames:
        """What ranges are measured on."""
        assert self.images.calibration is not None
        return self.spare_calibration.first(len(self.images.calibration))

    def inputs(self) -> Iterator[NDArray[np.float32]]:
        """The calibration inputs: each float32 (1, height, width, channels)."""
        return self.calibration.inputs()

    def make(self, variant: Variant) -> Package:
        """Makes one file, not yet measured.

        Raises:
            ConversionError: the converter refuses, or the file does not run on the target.
            NotApplicableError: the architecture does not allow the variant's preparation, or the target the recipe.
        """
        variant = replace(adapt(variant, self._config.where), preprocessing=self.identity.contract.preprocessing)
        with library_failures("the file cannot be made"):
            package = self.package(self.conversion.convert(variant, self.inputs), variant)
            if variant.recipe is not FLOAT32:  # all are compared with it, even where it cannot run
                check_requirements(package.model, self._config.where, variant.name)
            return package

    def make_anew(self, variant: Variant, calibration: Frames) -> Package:
        """Makes an int8 file that is calibrated on other images, wherever it could run.

        Raises:
            ConversionError: the converter refuses.
        """
        variant = replace(variant, preprocessing=self.identity.contract.preprocessing)
        with library_failures("the file cannot be made"):
            return self.package(self.conversion.convert_anew(variant, calibration.inputs), variant)

    def make_distilled(self, variant: Variant) -> Package:
        """Makes an int8 file and distils it.

        Raises:
            ConversionError: the converter refuses.
            NotApplicableError: the file cannot be distilled, or nothing better was found.
        """
        from converter.quantize.distill import Settings, distilled

        with library_failures("the file cannot be made"):
            quantized = self.conversion.convert(variant, self.inputs)
            float32 = self.conversion.float_twin(variant, self.inputs)
        frames = self.calibration
        if variant.normalizes_inside:
            frames = replace(frames, spec=plain_pixels(frames.spec))
        settings = Settings(self._config.distill_minutes, self.identity.contract.activation, self._config.seed)
        result = distilled(quantized, float32, frames.inputs, settings)
        return self.package(result.content, replace(variant, distilled=True))

    def measure(self, package: Package) -> Judged:
        """Compares a file with the float model on the images that decide.

        Raises:
            ConversionError: the interpreter does not take the file, or fails.
        """
        with _interpreter_failures([package]):
            return self.deciding.judge(package)

    def tested(self, candidate: Candidate) -> Candidate:
        """The candidate with the verdict of the test part.

        Raises:
            ConversionError: the interpreter fails.
        """
        if candidate.test is not None:
            return candidate
        with _interpreter_failures([candidate.package]):
            return replace(candidate, test=self.evaluation.judge(candidate.package))

    def finish(self, judged: Sequence[Judged]) -> list[Candidate]:
        """Times files that were not timed yet, in turns; their ratios are to the first."""
        latencies = self.latencies_of([each.package for each in judged])
        return [each.timed(latency) for each, latency in zip(judged, latencies, strict=True)]

    def latencies_of(self, packages: Sequence[Package]) -> list[Latency]:
        """Latencies; ratios are to the first package, float32. A file is timed once, together with the first.

        Where the device measured a file, that counts.
        """
        found = [self._on_device(package) for package in packages]
        if all(found):
            return [latency for latency in found if latency is not None]
        here = self._latencies_here(packages)
        return [latency or measured for latency, measured in zip(found, here, strict=True)]

    @property
    def measured_on(self) -> str:
        """Where files are fast or slow, in words."""
        return self._device.where if self._device else f"{processor_name()}, where it was converted"

    def _on_device(self, package: Package) -> Latency | None:
        if self._device is None:
            return None
        variant = package.variant
        return self._device.find(package.manifest.weights_sha256, variant.name, variant.recipe.name)

    def _latencies_here(self, packages: Sequence[Package]) -> list[Latency]:
        first, *others = packages
        new = [package for package in others if package.path not in self._latencies]
        if new or first.path not in self._latencies:
            timed = [first, *new]
            measured = {package.path: latency for package, latency in zip(timed, self.timed_apart(timed), strict=True)}
            self._latencies = {**measured, **self._latencies}
        return [self._latencies[package.path] for package in packages]

    def timed_apart(self, packages: Sequence[Package]) -> list[Latency]:
        """Latencies whose ratios are to the first package, whatever was timed before."""
        with _interpreter_failures(packages):
            return measure_latencies([package.path for package in packages], self.evaluation.frames.pixels[0])

    def package(self, converted: bytes, variant: Variant) -> Package:
        """A file with all that it will carry but a verdict, of what a converter made.

        Raises:
            ConversionError: its constants are not what the recipe says.
        """
        self._made += 1
        return package_model(converted, variant, self.identity, self._folder / f"{self._made}.tflite")

    def _panel(self, images: LabelledImages, what: str, limits: Limits) -> Panel:
        return Panel(self._decoded(images, what), self.identity.contract, self.model, limits)

    def _decoded(self, images: LabelledImages, what: str) -> Frames:
        return decode_frames(images, self.identity.contract.preprocessing, what, self._folder)


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
