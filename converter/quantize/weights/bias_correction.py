"""Bias correction: takes back the shift in the mean that rounding weights to 8 bits brings.

A convolution with rounded weights W + e gives on average E[e * x] too much in each output channel. That does not
depend on the image, so it is subtracted from the bias (Nagel et al. 2019, https://arxiv.org/abs/1906.04721, section
4.2). A convolution is linear, so the mean input tells the expectation exactly; calibration images give it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.quantize.weights.flat import Call, FlatModel, KerasLayer
from converter.quantize.weights.graph import CallGraph, is_depthwise, is_linear, read_graph
from converter.quantize.weights.probe import probe


def correct_biases(flat: FlatModel, inputs: Iterable[NDArray[np.float32]]) -> int:
    """Corrects the biases of ``flat`` in place, for weights that are about to be rounded to 8 bits a channel.

    Args:
        flat: the model.
        inputs: calibration inputs, each float32 (images, height, width, channels).

    Returns:
        How many convolutions were corrected.

    Raises:
        NotApplicableError: none can be; the message says why.
    """
    graph = read_graph(flat)
    offsets = {call: offset for call in graph.convolutions() if (offset := _offset_of(graph, call)) is not None}
    if not offsets:
        raise NotApplicableError("no convolution has a bias or a batch normalisation behind it")
    means = _mean_inputs(flat, list(offsets), inputs)
    for (call, offset), mean in zip(offsets.items(), means, strict=True):
        _correct(call.layer, offset, _mean_shift(call.layer, mean))
    return len(offsets)


def rounded_to_int8(kernel: NDArray[np.float32], axes: tuple[int, ...]) -> NDArray[np.float32]:
    """``kernel`` as symmetric 8-bit weights with one scale a channel stand for it.

    Args:
        kernel: the weights.
        axes: all but that of the channels.
    """
    scale = np.abs(kernel).max(axis=axes, keepdims=True) / 127
    scale[scale == 0] = 1
    rounded: NDArray[np.float32] = np.rint(kernel / scale) * scale
    return rounded


def _offset_of(graph: CallGraph, call: Call) -> KerasLayer | None:
    """The layer whose bias shifts what ``call`` gives: its own, or the batch normalisation right behind it."""
    import keras

    if call.layer.use_bias:
        return call.layer
    following = graph.next_of(call)
    if following is None or not is_linear(call.layer) or not graph.serves_once(following):
        return None
    is_norm = isinstance(following.layer, keras.layers.BatchNormalization)
    return following.layer if is_norm and following.layer.center else None


def _mean_inputs(
    flat: FlatModel, calls: Sequence[Call], inputs: Iterable[NDArray[np.float32]]
) -> list[NDArray[np.float64]]:
    """The mean input of each call over all images, (height, width, channels)."""
    tensors = [call.inputs[0] for call in calls]
    sums = [np.zeros(tensor.shape[1:]) for tensor in tensors]
    count = 0
    for batch in probe(flat, tensors, inputs):
        count += len(batch[0])
        for total, values in zip(sums, batch, strict=True):
            total += values.sum(axis=0, dtype=np.float64)
    return [total / count for total in sums]


def _mean_shift(layer: KerasLayer, mean: NDArray[np.float64]) -> NDArray[np.float32]:
    """By how much rounding shifts each output channel of ``layer`` on average, (channels,)."""
    import keras

    kernel = np.asarray(layer.kernel)
    error = rounded_to_int8(kernel, (0, 1) if is_depthwise(layer) else (0, 1, 2)) - kernel
    convolve = keras.ops.depthwise_conv if is_depthwise(layer) else keras.ops.conv
    shift = convolve(
        mean[None].astype(np.float32),
        error.reshape(kernel.shape),
        strides=layer.strides,
        padding=layer.padding,
        dilation_rate=layer.dilation_rate,
    )
    means: NDArray[np.float32] = np.asarray(shift).mean(axis=(0, 1, 2))
    return means


def _correct(layer: KerasLayer, offset: KerasLayer, shift: NDArray[np.float32]) -> None:
    if offset is layer:
        layer.bias.assign(np.asarray(layer.bias) - shift)
        return
    deviation = np.sqrt(np.asarray(offset.moving_variance) + offset.epsilon)
    gain = (np.asarray(offset.gamma) if offset.scale else 1.0) / deviation
    offset.beta.assign(np.asarray(offset.beta) - gain * shift)
