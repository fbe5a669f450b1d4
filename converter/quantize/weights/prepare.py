"""What is done to a Keras model before it is quantized, so that quantizing costs less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from converter.quantize.conversion import Inputs
from converter.quantize.recipes import Preparation
from converter.quantize.weights.bias_correction import correct_biases
from converter.quantize.weights.equalization import equalize
from converter.quantize.weights.flat import FlatModel, KerasModel, flatten

_BATCH = 8  # activations of all layers are held at once

_STEPS: dict[Preparation, Callable[[FlatModel, Iterable[NDArray[np.float32]]], int]] = {
    "equalized": equalize,
    "bias-corrected": correct_biases,
}
PREPARATIONS: tuple[tuple[Preparation, ...], ...] = (("bias-corrected",), ("equalized", "bias-corrected"))
"""What is worth trying, the smaller change first."""


def prepare_copy(model: KerasModel, steps: Sequence[Preparation], inputs: Inputs) -> KerasModel:
    """A copy of ``model``, changed by ``steps``.

    Args:
        model: takes images of one size; stays as it is.
        steps: what to do, in this order.
        inputs: gives the calibration inputs, each float32 (1, height, width, channels).

    Raises:
        NotApplicableError: its architecture does not allow it; the message says why.
    """
    copy = flatten(model)
    for step in steps:
        _STEPS[step](copy, _grouped(inputs()))
    return copy.model


def _grouped(inputs: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    batch: list[NDArray[np.float32]] = []
    for pixels in inputs:
        batch.append(pixels)
        if len(batch) == _BATCH:
            yield np.concatenate(batch)
            batch = []
    if batch:
        yield np.concatenate(batch)
