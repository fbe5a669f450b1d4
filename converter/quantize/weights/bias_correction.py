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
from converter.quantize.weights.graph import (
    KerasLayer,
    KerasModel,
    LayerGraph,
    is_convolution,
    is_depthwise,
    read_graph,
)


def correct_biases(model: KerasModel, inputs: Iterable[NDArray[np.float32]]) -> int:
    """Corrects the biases of ``model`` in place, for weights that are about to be rounded to 8 bits a channel.

    Args:
        model: a ``keras.Model``.
        inputs: calibration inputs, each float32 (images, height, width, channels).

    Returns:
        How many convolutions were corrected.

    Raises:
        NotApplicableError: none can be; the message says why.
    """
    graph = read_graph(model)
    layers = [layer for layer in graph.layers if is_convolution(layer) and _offset_of(graph, layer) is not None]
    if not layers:
        raise NotApplicableError("no convolution has a bias or a batch normalisation behind it")
    for layer, mean in zip(layers, _mean_inputs(model, layers, inputs), strict=True):
        _correct(graph, layer, _mean_shift(layer, mean))
    return len(layers)


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


def _offset_of(graph: LayerGraph, layer: KerasLayer) -> KerasLayer | None:
    """The layer whose bias shifts the output of ``layer``: itself, or the batch normalisation behind it."""
    import keras

    if layer.use_bias:
        return layer
    following = graph.next_of(layer)
    if isinstance(following, keras.layers.BatchNormalization) and following.center:
        return following
    return None


def _mean_inputs(
    model: KerasModel, layers: Sequence[KerasLayer], inputs: Iterable[NDArray[np.float32]]
) -> list[NDArray[np.float64]]:
    """The mean input of each layer over all images, (height, width, channels)."""
    import keras

    probe = keras.Model(model.inputs, [layer.input for layer in layers])
    sums = [np.zeros(layer.input.shape[1:]) for layer in layers]
    count = 0
    for batch in inputs:
        count += len(batch)
        for total, values in zip(sums, probe.predict_on_batch(batch), strict=True):
            total += np.asarray(values).sum(axis=0, dtype=np.float64)
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


def _correct(graph: LayerGraph, layer: KerasLayer, shift: NDArray[np.float32]) -> None:
    offset = _offset_of(graph, layer)
    assert offset is not None
    if offset is layer:
        layer.bias.assign(np.asarray(layer.bias) - shift)
        return
    deviation = np.sqrt(np.asarray(offset.moving_variance) + offset.epsilon)
    gain = (np.asarray(offset.gamma) if offset.scale else 1.0) / deviation
    offset.beta.assign(np.asarray(offset.beta) - gain * shift)
