"""A .tflite goes in; the network that it holds comes out, in TensorFlow, with exactly its integers and scales."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.quantize.distill.operators import LAYERS, OPERATORS, Values, activate
from converter.tflite import operator_names
from converter.tflite.edit import add_buffer, builtin_code, constant_of
from converter.tflite.packing import unpack_model, write_model

_DTYPES = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.UINT8: np.uint8,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.INT64: np.int64,
}
LARGEST_WEIGHT = 127
LARGEST_BIAS = 2**31 - 1
_INTEGERS = (schema.TensorType.INT8, schema.TensorType.UINT8)


@dataclass(frozen=True)
class Steps:
    """The integers of an activation: real = scale * (integer - zero point)."""

    scale: float
    zero_point: int
    lowest: int
    highest: int

    def round(self, values: Values) -> Values:
        """``values`` as the integers stand for them; errors flow back where nothing was cut off."""
        import tensorflow as tf

        ends = (self.scale * (end - self.zero_point) for end in (self.lowest, self.highest))
        return tf.quantization.fake_quant_with_min_max_args(values, *ends)


@dataclass(frozen=True)
class Node:
    """One operator.

    Attributes:
        place: in the graph.
        code: of the operator.
        options: as the schema has them.
        inputs: indices of tensors; those left out are not there.
        output: the index of its tensor.
        shape: of that, the batch of 1 first.
    """

    place: int
    code: int
    options: Any
    inputs: tuple[int, ...]
    output: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class TensorFlowLayer:
    """An operator with weights.

    Attributes:
        node: the operator.
        weights: real numbers, as the file stores them.
        bias: real numbers, (outputs); zeros where it has none.
        has_bias: whether it has one.
        channels: of its input.
        scales: of the weights, one or one an output channel.
        input_scale: of the integers that it takes; 0 where it takes or holds floats.
    """

    node: Node
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    has_bias: bool
    channels: int
    scales: NDArray[np.float64]
    input_scale: float

    @property
    def is_depthwise(self) -> bool:
        """Whether each output channel sees one input channel only."""
        return self.node.code == schema.BuiltinOperator.DEPTHWISE_CONV_2D

    def along_outputs(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """``numbers``, one or one an output channel, so that they broadcast over the weights."""
        if len(numbers) == 1:
            return numbers
        return numbers if self.is_depthwise else numbers.reshape(-1, *[1] * (self.weights.ndim - 1))


Parameters = Mapping[int, tuple[Any, Any]]
"""Weights and bias of layers, by the place of their operator: they stand in for the file's own."""


Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Weights and bias of a layer."""
Chosen = dict[int, Pair]
"""Those of layers, by the place of their operator."""


@dataclass(frozen=True)
class TensorFlowNetwork:
    """A network with one image and one row of scores.

    Attributes:
        model: the objects of the file.
        nodes: in the order in which they are computed.
        input: the index of the image.
        output: that of the scores.
        layers: by the place of their operator.
        constants: real numbers, by tensor.
        steps: of the activations in integers, by tensor.
        free: the places of the layers in integers that share their weights with no other, so that these may change.
    """

    model: schema.ModelT
    nodes: tuple[Node, ...]
    input: int
    output: int
    layers: dict[int, TensorFlowLayer]
    constants: dict[int, NDArray[Any]]
    steps: dict[int, Steps]
    free: frozenset[int]

    def compute(self, node: Node, values: Mapping[int, Values], parameters: Parameters) -> Values:
        """What ``node`` gives."""
        return self.finished(node, self.compute_exactly(node, values, parameters))

    def compute_exactly(self, node: Node, values: Mapping[int, Values], parameters: Parameters) -> Values:
        """The same before its activation, and before it is rounded."""
        if node.place in self.layers:
            layer = self.layers[node.place]
            given = [values[node.inputs[0]], *parameters.get(node.place, (layer.weights, layer.bias))]
        else:
            given = [self.constants[index] if index in self.constants else values[index] for index in node.inputs]
        return OPERATORS[node.code](node.options, given, node.shape)

    def finished(self, node: Node, exact: Values) -> Values:
        """What :meth:`compute` gives, from what :meth:`compute_exactly` gave."""
        function = getattr(node.options, "fusedActivationFunction", 0)
        return self.rounded(node.output, activate(exact, function) if function else exact)

    def rounded(self, tensor: int, values: Values) -> Values:
        """``values`` as the integers of ``tensor`` stand for them."""
        return self.steps[tensor].round(values) if tensor in self.steps else values

    def run(self, images: Values, parameters: Parameters) -> dict[int, Values]:
        """All activations, by tensor."""
        values = {self.input: self.rounded(self.input, images)}
        for node in self.nodes:
            values[node.output] = self.compute(node, values, parameters)
        return values


def read_network(content: bytes) -> TensorFlowNetwork:
    """Reads a .tflite.

    Raises:
        NotApplicableError: an operator is not known here, or does not take its images one by one.
    """
    model = unpack_model(content)
    if len(model.subgraphs) != 1:
        raise NotApplicableError("the model has loops or branches, which cannot be distilled")
    graph = model.subgraphs[0]
    constants: dict[int, NDArray[Any]] = {}
    steps: dict[int, Steps] = {}
    for index, tensor in enumerate(graph.tensors):
        data = constant_of(model, tensor)
        if data is not None:
            constants[index] = _real(tensor, data)
        elif tensor.type in _INTEGERS:
            steps[index] = _steps(tensor)
    nodes = tuple(_node(model, place, operator) for place, operator in enumerate(graph.operators))
    layers = {node.place: _layer(graph, node, constants) for node in nodes if node.code in LAYERS}
    used = Counter(index for node in nodes for index in node.inputs)
    free = frozenset(
        place
        for place, layer in layers.items()
        if layer.input_scale and all(used[index] == 1 for index in layer.node.inputs[1:])
    )
    return TensorFlowNetwork(model, nodes, int(graph.inputs[0]), int(graph.outputs[0]), layers, constants, steps, free)


def write_network(network: TensorFlowNetwork, parameters: Parameters) -> bytes:
    """The file with ``parameters`` as its integers; nothing else changes."""
    model = network.model
    for place, (weights, bias) in parameters.items():
        layer = network.layers[place]
        _, weights_index, *bias_index = layer.node.inputs
        scales = layer.along_outputs(layer.scales)
        _store(model, weights_index, whole_numbers(weights, scales, LARGEST_WEIGHT).astype(np.int8))
        for index in bias_index:
            whole = whole_numbers(bias, layer.scales * layer.input_scale, LARGEST_BIAS)
            _store(model, index, whole.astype(np.int32))
    return write_model(model)


def whole_numbers(values: Any, scales: Any, largest: int) -> NDArray[np.float64]:
    """The integers that stand for ``values``."""
    whole: NDArray[np.float64] = np.clip(np.rint(np.asarray(values, np.float64) / scales), -largest, largest)
    return whole


def _store(model: schema.ModelT, index: int, values: NDArray[Any]) -> None:
    """Gives a constant other integers; a buffer that another constant has, too, stays as it is."""
    tensor = model.subgraphs[0].tensors[index]
    if sum(other.buffer == tensor.buffer for other in model.subgraphs[0].tensors) > 1:
        tensor.buffer = add_buffer(model, values)
    else:
        model.buffers[tensor.buffer].data = values.view(np.uint8).reshape(-1)


def _real(tensor: schema.TensorT, data: NDArray[np.uint8]) -> NDArray[Any]:
    """The numbers of a constant; real ones where they are quantized."""
    if tensor.type not in _DTYPES:
        raise NotApplicableError(f"the constant {tensor.name.decode()!r} has a type that cannot be distilled")
    values = data.view(_DTYPES[tensor.type]).reshape([int(side) for side in tensor.shape])
    if not _is_quantized(tensor):
        return values
    scales, zero_points = (_along(tensor, numbers) for numbers in (_scales(tensor), _zero_points(tensor)))
    return ((values.astype(np.float64) - zero_points) * scales).astype(np.float32)


def _is_quantized(tensor: schema.TensorT) -> bool:
    scales = tensor.quantization.scale if tensor.quantization is not None else None
    return scales is not None and len(scales) > 0


def _scales(tensor: schema.TensorT) -> NDArray[np.float64]:
    return np.asarray(tensor.quantization.scale, np.float64)


def _zero_points(tensor: schema.TensorT) -> NDArray[np.float64]:
    points = tensor.quantization.zeroPoint
    return np.zeros(1) if points is None or not len(points) else np.asarray(points, np.float64)


def _along(tensor: schema.TensorT, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """``numbers``, one or one a channel, so that they broadcast over the tensor."""
    if len(numbers) == 1:
        return numbers
    sides = [1] * len(tensor.shape)
    sides[tensor.quantization.quantizedDimension] = len(numbers)
    return numbers.reshape(sides)


def _steps(tensor: schema.TensorT) -> Steps:
    if not _is_quantized(tensor):
        raise NotApplicableError(f"the tensor {tensor.name.decode()!r} has integers without a scale")
    lowest, highest = (-128, 127) if tensor.type == schema.TensorType.INT8 else (0, 255)
    return Steps(float(_scales(tensor)[0]), int(_zero_points(tensor)[0]), lowest, highest)


def _node(model: schema.ModelT, place: int, operator: schema.OperatorT) -> Node:
    code = builtin_code(model, operator)
    if code not in OPERATORS:
        raise NotApplicableError(f"the operator {operator_names().get(code, code)} cannot be distilled yet")
    output = int(operator.outputs[0])
    shape = tuple(int(side) for side in model.subgraphs[0].tensors[output].shape)
    inputs = tuple(int(index) for index in operator.inputs if index >= 0)
    return Node(place, code, operator.builtinOptions, inputs, output, shape)


def _layer(graph: schema.SubGraphT, node: Node, constants: dict[int, NDArray[Any]]) -> TensorFlowLayer:
    data, weights, *bias = node.inputs
    if weights not in constants:
        raise NotApplicableError("a layer computes its weights, so it cannot be distilled")
    channels, outputs = int(graph.tensors[data].shape[-1]), node.shape[-1]
    if node.code == schema.BuiltinOperator.CONV_2D and constants[weights].shape[3] != channels:
        raise NotApplicableError("the operator CONV_2D with groups of channels cannot be distilled yet")
    numbers = constants[bias[0]] if bias else np.zeros(outputs, np.float32)
    scales, input_scale = np.ones(1), 0.0
    if _is_quantized(graph.tensors[weights]):
        if graph.tensors[weights].type != schema.TensorType.INT8 or _zero_points(graph.tensors[weights]).any():
            raise NotApplicableError("a layer has weights in other than symmetric int8, which cannot be distilled yet")
        scales = _scales(graph.tensors[weights])
        if _is_quantized(graph.tensors[data]):
            input_scale = float(_scales(graph.tensors[data])[0])
            if bias and not _is_quantized(graph.tensors[bias[0]]):
                numbers = (numbers * scales * input_scale).astype(np.float32)
    return TensorFlowLayer(node, constants[weights], numbers, bool(bias), channels, scales, input_scale)
