"""Goes through a quantized network layer by layer, and takes each layer's output back to the float network's.

A layer takes what the quantized layers before it give, so it makes good what they lost as well. No gradients, no
labels; see ``rounding``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.quantize.distill.network import Chosen, Node, Pair, Parameters, TensorFlowLayer, TensorFlowNetwork
from converter.quantize.distill.operators import Values
from converter.quantize.distill.rounding import Moments, choose_weights

Batches = Sequence[NDArray[np.float32]]

_PLACES = 1 << 17
"""So many places of all images tell enough of a layer."""
_LARGEST_HALF = 6e4
"""Activations up to here are kept in 16 bits."""


def pair_layers(network: TensorFlowNetwork, teacher: TensorFlowNetwork) -> dict[int, TensorFlowLayer]:
    """The float layer that each quantized one was made from, by the place of the latter.

    Raises:
        NotApplicableError: the two networks do not have the same layers.
    """
    ours, theirs = list(network.layers.values()), list(teacher.layers.values())
    if [layer.weights.shape for layer in ours] != [layer.weights.shape for layer in theirs]:
        raise NotApplicableError("the quantized file has other layers than the float model, so it cannot be distilled")
    return {layer.node.place: twin for layer, twin in zip(ours, theirs, strict=True)}


def reconstruct(
    network: TensorFlowNetwork, teacher: TensorFlowNetwork, batches: Batches, done: Callable[[int], object]
) -> Chosen:
    """New weights and biases.

    Args:
        network: the quantized one.
        teacher: the float one.
        batches: of images.
        done: is told after each layer: 1.

    Raises:
        NotApplicableError: the two networks do not have the same layers.
    """
    twins = pair_layers(network, teacher)
    student_flow, teacher_flow = _Flow(network, batches), _Flow(teacher, batches)
    chosen: Chosen = {}
    for node in network.nodes:
        if node.place in network.free:
            layer, twin = network.layers[node.place], twins[node.place]
            wanted = teacher_flow.up_to(twin.node)
            chosen[node.place] = _choose(layer, twin, zip(student_flow.at(node.inputs[0]), wanted, strict=True))
            done(1)
        student_flow.step(node, chosen)
    return chosen


class _Flow:
    """What flows through one network, node by node, all batches abreast; what nobody needs any more is let go."""

    def __init__(self, network: TensorFlowNetwork, batches: Batches) -> None:
        self._network = network
        self._values = [{network.input: _kept(network.rounded(network.input, batch))} for batch in batches]
        self._last_use = {index: node.place for node in network.nodes for index in node.inputs}
        self._next = 0

    def at(self, tensor: int) -> Iterator[Values]:
        """The values of a tensor, batch by batch."""
        import tensorflow as tf

        for values in self._values:
            yield tf.cast(values[tensor], tf.float32)

    def step(self, node: Node, parameters: Parameters) -> None:
        """Computes one node."""
        for values in self._values:
            values[node.output] = _kept(self._network.compute(node, self._real(values, node), parameters))
        self._let_go(node)

    def up_to(self, node: Node) -> Iterator[Values]:
        """Computes all nodes up to ``node``, and gives its output, batch by batch, before its activation."""
        while self._next < node.place:
            self.step(self._network.nodes[self._next], {})
            self._next += 1
        if self._next > node.place:
            raise NotApplicableError("the quantized file has its layers in another order than the float model")
        self._next += 1
        for values in self._values:
            exact = self._network.compute_exactly(node, self._real(values, node), {})
            values[node.output] = _kept(self._network.finished(node, exact))
            yield exact
        self._let_go(node)

    def _real(self, values: dict[int, NDArray[np.floating]], node: Node) -> dict[int, Values]:
        import tensorflow as tf

        return {index: tf.cast(values[index], tf.float32) for index in node.inputs if index in values}

    def _let_go(self, node: Node) -> None:
        for values in self._values:
            for index in list(values):
                if self._last_use.get(index, -1) <= node.place:
                    del values[index]


def _kept(values: Values) -> NDArray[np.floating]:
    numbers = np.asarray(values)
    return numbers.astype(np.float16) if np.abs(numbers).max(initial=0) < _LARGEST_HALF else numbers


def _choose(layer: TensorFlowLayer, twin: TensorFlowLayer, batches: Iterator[tuple[Values, Values]]) -> Pair:
    """Weights and bias of ``layer``; each batch has its inputs, and the outputs that the float network gives there."""
    first, second = _moments(layer, batches)
    scales = np.broadcast_to(layer.scales, layer.bias.shape).reshape(_groups(layer), -1, 1)
    weights = choose_weights((first, second), _grouped(layer, twin.weights), scales, shifts=layer.has_bias)
    bias = (first + second).bias(weights).reshape(-1) if layer.has_bias else layer.bias
    return _ungrouped(layer, weights).astype(np.float32), bias.astype(np.float32)


def _moments(layer: TensorFlowLayer, batches: Iterator[tuple[Values, Values]]) -> tuple[Moments, Moments]:
    """Of every other batch, and of the others."""
    halves: list[Moments | None] = [None, None]
    for number, (inputs, outputs) in enumerate(batches):
        moments = Moments.of(*_rows(layer, inputs, outputs))
        before = halves[number % 2]
        halves[number % 2] = moments if before is None else before + moments
    first, second = halves
    assert first is not None
    return first, second or first  # a single batch


def _groups(layer: TensorFlowLayer) -> int:
    return layer.channels if layer.is_depthwise else 1


def _grouped(layer: TensorFlowLayer, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights as (groups, outputs, inputs)."""
    if not layer.is_depthwise:
        return weights.reshape(1, weights.shape[0], -1).astype(np.float64)
    taps = prod(weights.shape[1:3])
    return np.moveaxis(weights.reshape(taps, layer.channels, -1), 0, -1).astype(np.float64)


def _ungrouped(layer: TensorFlowLayer, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    if not layer.is_depthwise:
        return weights.reshape(layer.weights.shape)
    return np.moveaxis(weights, -1, 0).reshape(layer.weights.shape)


def _rows(layer: TensorFlowLayer, inputs: Values, outputs: Values) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Inputs and outputs of one batch as (groups, places, inputs) and (groups, places, outputs)."""
    if len(layer.weights.shape) == 2:
        rows = np.asarray(inputs).reshape(1, -1, layer.weights.shape[1])
        return rows, np.asarray(outputs).reshape(1, rows.shape[1], -1)
    apart = max(1, ceil((prod(outputs.shape[:3]) / (_PLACES // 8)) ** 0.5))
    patches = np.asarray(_patches(layer, inputs, apart))
    places, groups = prod(patches.shape[:3]), _groups(layer)
    wanted = np.asarray(outputs[:, ::apart, ::apart]).reshape(places, groups, -1)
    rows = patches.reshape(places, -1, groups) if layer.is_depthwise else patches.reshape(places, -1, 1)
    return np.ascontiguousarray(rows.transpose(2, 0, 1)), np.ascontiguousarray(wanted.transpose(1, 0, 2))


def _patches(layer: TensorFlowLayer, inputs: Values, apart: int) -> Values:
    """What each place of the output sees, (images, rows, columns, taps * channels); every ``apart``-th place."""
    import tensorflow as tf

    options, sides = layer.node.options, layer.weights.shape[1:3]
    strides, rates = (options.strideH, options.strideW), (options.dilationHFactor, options.dilationWFactor)
    if options.padding == schema.Padding.SAME:
        pads = [
            max(0, (ceil(given / stride) - 1) * stride + (side - 1) * rate + 1 - given)
            for given, side, stride, rate in zip(inputs.shape[1:3], sides, strides, rates, strict=True)
        ]
        inputs = tf.pad(inputs, [(0, 0), *((pad // 2, pad - pad // 2) for pad in pads), (0, 0)])
    if tuple(sides) == (1, 1):
        return inputs[:, :: strides[0] * apart, :: strides[1] * apart]
    steps = (1, strides[0] * apart, strides[1] * apart, 1)
    return tf.image.extract_patches(inputs, (1, *sides, 1), steps, (1, *rates, 1), "VALID")
