"""What flows inside a flat Keras model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.quantize.weights.flat import FlatModel


def probe(
    flat: FlatModel, tensors: Sequence[Any], inputs: Iterable[NDArray[np.float32]]
) -> Iterator[list[NDArray[np.float32]]]:
    """The values of ``tensors``, for each batch of inputs in turn.

    Args:
        flat: the model.
        tensors: symbolic tensors of its calls.
        inputs: each float32 (images, height, width, channels).
    """
    import keras

    inner = keras.Model(flat.model.inputs, {str(number): tensor for number, tensor in enumerate(tensors)})
    for batch in inputs:
        values = inner.predict_on_batch(batch)
        yield [np.asarray(values[str(number)]) for number in range(len(tensors))]
