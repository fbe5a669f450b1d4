"""Bias correction: takes back the shift in the mean that quantizing brings, in the finished file.

A layer with rounded weights gives on average too much or too little in each output channel, and so does one whose input
has shifted. A layer is linear before its activation, so the mean of its input tells the mean of its output exactly
(Nagel et al. 2019, https://arxiv.org/abs/1906.04721, section 4.2). Layer by layer, each with the inputs that the
corrected layers before it give, the bias becomes what makes both means equal.

The finished file says itself how its weights were rounded and which layers stayed in float32. A layer that is called
twice has a bias for each call there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.quantize.repairs.pieces import Piece, flow
from converter.quantize.repairs.sweep import Sweep
from converter.quantize.repairs.weighted_graph import WeightedGraph, WeightedLayer
from converter.tflite.edit import add_buffer, add_tensor

MOST_IMAGES, FEWEST_IMAGES = 100, 8
HELD_BYTES = 1 << 30
"""Of all images together, two activations at a time: what an operator takes and what it gives."""

Feed = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Makes what the finished file takes, as real numbers, of what the float model takes."""


def correct_biases(original: bytes, finished: bytes, inputs: Iterable[NDArray[np.float32]], feed: Feed) -> bytes:
    """The finished file with biases that make the mean outputs of its layers those of the float model.

    Args:
        original: the float model, a .tflite.
        finished: the file that was made of it, with weights in 8 bits.
        inputs: calibration inputs of the float model.
        feed: see above.

    Raises:
        NotApplicableError: it has no layers that this can be done to; the message says why.
        ConversionError: the interpreter does not take a part of it.
    """
    float_model, network = WeightedGraph(original), WeightedGraph(finished)
    pairs = match_layers(float_model, network)
    if not pairs:
        raise NotApplicableError("no layer has weights in 8 bits")
    images = list(islice(inputs, images_for(network)))
    targets = _mean_outputs(float_model, [layer for layer, _ in pairs], images)
    sweep = Sweep(network, [_quantized(network, feed(pixels)) for pixels in images])
    for (_, layer), target in zip(pairs, targets, strict=True):
        sweep.run_before(layer.operator)
        weights, scales = _dequantized(network, layer.weights), _bias_scales(network, layer)
        given = _linear_output(network, layer, weights, sweep.mean(layer.source))
        network.set_bias(layer, np.rint((target - given) / scales), scales)
    return network.to_bytes()


def images_for(network: WeightedGraph) -> int:
    """How many images the means are taken over: 100, or as many as leave the activations in ``HELD_BYTES``."""
    largest = max(_bytes(network, int(tensor)) for operator in network.graph.operators for tensor in operator.outputs)
    return max(FEWEST_IMAGES, min(MOST_IMAGES, HELD_BYTES // (2 * largest)))


def match_layers(original: WeightedGraph, finished: WeightedGraph) -> list[tuple[WeightedLayer, WeightedLayer]]:
    """Each layer with 8-bit weights of the finished file, in order, and the float layer whose weights these stand for.

    The float layer comes first in a pair.
    """
    pairs, left = [], list(original.layers)
    for layer in finished.layers:
        if finished.graph.tensors[layer.weights].type != schema.TensorType.INT8:
            continue
        found = next((before for before in left if _stands_for(finished, layer, original, before)), None)
        if found is not None and finished.graph.tensors[layer.source].type == schema.TensorType.INT8:
            pairs.append((found, layer))
            left.remove(found)
    return pairs


def _stands_for(finished: WeightedGraph, layer: WeightedLayer, original: WeightedGraph, before: WeightedLayer) -> bool:
    """Whether the weights of ``layer`` are those of ``before``, rounded: none is a step away."""
    if layer.code != before.code or finished.shape(layer.weights) != original.shape(before.weights):
        return False
    steps = _along(finished, layer.weights, _scales(finished, layer.weights))
    away = np.abs(_dequantized(finished, layer.weights) - original.numbers(before.weights))
    return bool((away <= steps).all())


def _mean_outputs(
    network: WeightedGraph, layers: list[WeightedLayer], images: list[NDArray[np.float32]]
) -> Iterator[NDArray[np.float64]]:
    """For each layer of the float model the mean of its outputs before the activation, (channels,)."""
    tensors = sorted({layer.source for layer in layers})
    sums = {tensor: np.zeros(network.shape(tensor)) for tensor in tensors}
    for values in flow(network.model, tensors, images):
        for tensor, value in zip(tensors, values, strict=True):
            sums[tensor] += value
    for layer in layers:
        bias = 0.0 if layer.bias is None else network.numbers(layer.bias)
        mean = sums[layer.source] / len(images)
        yield _linear_output(network, layer, network.numbers(layer.weights), mean) + bias


def _linear_output(
    network: WeightedGraph, layer: WeightedLayer, weights: NDArray[np.float32], mean: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The mean output of each channel of a layer without bias and activation, given the mean of its input."""
    model = copy.copy(network.model)
    graph = copy.copy(network.graph)
    model.subgraphs, model.buffers, graph.tensors = [graph], list(model.buffers), list(graph.tensors)
    none = add_buffer(model, np.zeros(weights.shape[layer.axis], np.float32))
    source = add_tensor(graph, "mean", mean.shape)
    result = add_tensor(graph, "mean output", network.shape(layer.result))
    kernel = add_tensor(graph, "weights", weights.shape, buffer=add_buffer(model, weights.astype(np.float32)))
    bias = add_tensor(graph, "no bias", (weights.shape[layer.axis],), buffer=none)
    operator = copy.copy(layer.operator)
    operator.builtinOptions = copy.copy(operator.builtinOptions)
    operator.builtinOptions.fusedActivationFunction = schema.ActivationFunctionType.NONE
    operator.inputs, operator.outputs = [source, kernel, bias], [result]
    (output,) = Piece(model, [operator], [source], [result]).run([mean.astype(np.float32)])
    channels: NDArray[np.float64] = output.reshape(-1, output.shape[-1]).mean(axis=0, dtype=np.float64)
    return channels


def _bytes(network: WeightedGraph, tensor: int) -> int:
    wide = network.graph.tensors[tensor].type == schema.TensorType.FLOAT32
    return prod(network.shape(tensor)) * (4 if wide else 1)


def _quantized(network: WeightedGraph, values: NDArray[np.float32]) -> NDArray[np.generic]:
    """An input of the finished file in the type that it takes."""
    tensor = network.graph.tensors[int(network.graph.inputs[0])]
    if tensor.type == schema.TensorType.FLOAT32:
        return values
    kind = np.uint8 if tensor.type == schema.TensorType.UINT8 else np.int8
    limits = np.iinfo(kind)
    steps = np.rint(values / tensor.quantization.scale[0]) + tensor.quantization.zeroPoint[0]
    return np.clip(steps, limits.min, limits.max).astype(kind)


def _bias_scales(network: WeightedGraph, layer: WeightedLayer) -> NDArray[np.float32]:
    """What a step of each channel's bias stands for."""
    channels = network.shape(layer.weights)[layer.axis]
    scales = _scales(network, layer.source) * _scales(network, layer.weights)
    return np.broadcast_to(scales, (channels,)).astype(np.float32)


def _dequantized(network: WeightedGraph, tensor: int) -> NDArray[np.float32]:
    """What symmetric 8-bit weights stand for."""
    values: NDArray[np.float32] = network.numbers(tensor) * _along(network, tensor, _scales(network, tensor))
    return values


def _scales(network: WeightedGraph, tensor: int) -> NDArray[np.float32]:
    return np.asarray(network.graph.tensors[tensor].quantization.scale, np.float32)


def _along(network: WeightedGraph, tensor: int, scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scales as they go with the numbers of a tensor."""
    shape = [1] * len(network.shape(tensor))
    if len(scales) > 1:
        shape[network.graph.tensors[tensor].quantization.quantizedDimension] = -1
    return scales.reshape(shape)
