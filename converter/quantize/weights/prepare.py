"""What is done to a Keras model before it is quantized, so that quantizing costs less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.models import FloatModel, KerasModel
from converter.quantize.recipes import Preparation
from converter.quantize.weights.bias_correction import correct_biases
from converter.quantize.weights.equalization import equalize

_BATCH = 8  # activations of all layers are held at once

Inputs = Callable[[], Iterator[NDArray[np.float32]]]
_STEPS: dict[Preparation, Callable[[KerasModel, Iterable[NDArray[np.float32]]], int]] = {
    "equalized": equalize,
    "bias-corrected": correct_biases,
}
PREPARATIONS: tuple[tuple[Preparation, ...], ...] = (("bias-corrected",), ("equalized", "bias-corrected"))
"""What is worth trying, the smaller change first."""


def prepare_copy(model: FloatModel, steps: Sequence[Preparation], inputs: Inputs) -> KerasModel:
    """A copy of ``model``, changed by ``steps``.

    Args:
        model: stays as it is.
        steps: what to do, in this order.
        inputs: gives the calibration inputs, each float32 (1, height, width, channels).

    Raises:
        NotApplicableError: its architecture does not allow it; the message says why.
    """
    if not hasattr(model, "keras_model"):
        raise NotApplicableError("only Keras models can be changed before they are converted")
    import keras

    copy = keras.models.clone_model(model.keras_model)
    copy.set_weights(model.keras_model.get_weights())
    for layer in copy.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with what it derives from its weights
    for step in steps:
        _STEPS[step](copy, _in_batches(inputs()))
    return copy


def _in_batches(inputs: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    batch: list[NDArray[np.float32]] = []
    for pixels in inputs:
        batch.append(pixels)
        if len(batch) == _BATCH:
            yield np.concatenate(batch)
            batch = []
    if batch:
        yield np.concatenate(batch)
