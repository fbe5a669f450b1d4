"""A calibrated float model, and what is done to files made of it so that 8 bits cost less."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from converter.errors import NotApplicableError
from converter.quantize.conversion import Inputs
from converter.quantize.pixels import by_channel
from converter.quantize.recipes import Ranges, Variant
from converter.quantize.repairs.bias_correction import Feed, correct_biases
from converter.quantize.repairs.equalization import equalize
from converter.quantize.repairs.histograms import Halves, collect, with_ranges
from converter.quantize.repairs.ranges import choose_range


class CalibratedModel:
    """What was measured once serves every file made of it.

    Attributes:
        content: a float .tflite with the ranges of its activations.
    """

    def __init__(self, content: bytes, calibration: Inputs, calibrate: Callable[[bytes, Inputs], bytes]) -> None:
        """Takes everything together.

        Args:
            content: see above.
            calibration: the inputs that the ranges were measured on.
            calibrate: measures the ranges of a float .tflite anew.
        """
        self.content = content
        self._calibration = calibration
        self._calibrate = calibrate

    def for_variant(self, variant: Variant) -> CalibratedModel:
        """The model that ``variant`` is made of: this one, or its equalised copy.

        Raises:
            NotApplicableError: the architecture does not allow that; the message says why.
        """
        return self._equalized if "equalized" in variant.prepared else self

    def with_ranges(self, ranges: Ranges) -> bytes:
        """``content`` with ranges that were found by another method.

        Raises:
            NotApplicableError: it has loops or branches.
        """
        if ranges == "min-max":
            return self.content
        return with_ranges(
            self.content, {tensor: choose_range(halves, ranges) for tensor, halves in self._histograms.items()}
        )

    def repaired(self, finished: bytes, variant: Variant) -> bytes:
        """A file that was made of this model, with what ``variant`` asks for afterwards.

        Raises:
            NotApplicableError: the architecture does not allow that; the message says why. Where layers were left in
                float32 on purpose, it is no error that none is left to be corrected.
        """
        if "bias-corrected" not in variant.prepared:
            return finished
        try:
            return correct_biases(self.content, finished, self._calibration(), _feed(variant))
        except NotApplicableError:
            if variant.float_layers:
                return finished
            raise

    @cached_property
    def _equalized(self) -> CalibratedModel:
        content = self._calibrate(equalize(self.content, self._calibration()), self._calibration)
        return CalibratedModel(content, self._calibration, self._calibrate)

    @cached_property
    def _histograms(self) -> dict[int, Halves]:
        return collect(self.content, self._calibration())


def _feed(variant: Variant) -> Feed:
    """How an input of the float model becomes one of the file: where that normalises, it takes pixels."""
    spec = variant.preprocessing
    if spec is None or not variant.normalizes_inside:
        return lambda values: values
    mean, std = by_channel(spec)
    return lambda values: values * std + mean
