"""Who makes and who takes each tensor of a .tflite, and which of its operators are layers with weights."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.tflite.edit import add_buffer, add_tensor, builtin_code, constant_of
from converter.tflite.packing import unpack_model, write_model

_CODE = schema.BuiltinOperator
_OUTPUT_AXIS = {_CODE.CONV_2D: 0, _CODE.DEPTHWISE_CONV_2D: 3, _CODE.FULLY_CONNECTED: 0}
"""The operators that hold a classifier's weights, and the axis of these that counts the channels they give."""
_NUMBERS = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}


@dataclass(frozen=True, eq=False)
class WeightedLayer:
    """A convolution or a dense layer whose weights are constants.

    Attributes:
        operator: of the model.
        code: which of the three it is.
        source: the tensor that it takes.
        weights: the tensor of its weights.
        bias: that of its bias; None where it has none.
        result: the tensor that it gives.
    """

    operator: schema.OperatorT
    code: int
    source: int
    weights: int
    bias: int | None
    result: int

    @property
    def axis(self) -> int:
        """The axis of the weights that counts the channels it gives."""
        return _OUTPUT_AXIS[self.code]

    @property
    def is_depthwise(self) -> bool:
        """Whether it treats each channel by itself."""
        return self.code == _CODE.DEPTHWISE_CONV_2D


class WeightedGraph:
    """The one graph of a model, whose constants may be changed.

    Attributes:
        model: the objects of the file.
        graph: its graph.
        layers: those with constant weights, in the order in which they are computed.
    """

    def __init__(self, content: bytes) -> None:
        """Reads a .tflite.

        Raises:
            NotApplicableError: it has loops or branches, each a graph of its own.
        """
        self.model = unpack_model(content)
        if len(self.model.subgraphs) != 1:
            raise NotApplicableError("the model has loops or branches, as LSTM and GRU layers do")
        self.graph = self.model.subgraphs[0]
        takers: dict[int, list[schema.OperatorT]] = defaultdict(list)
        for operator in self.graph.operators:
            for index in operator.inputs:
                takers[int(index)].append(operator)
        self._takers = takers
        self.layers = tuple(layer for operator in self.graph.operators if (layer := self._layer(operator)) is not None)
        self._holders = Counter(layer.weights for layer in self.layers)

    def to_bytes(self) -> bytes:
        """The file as it is now."""
        return write_model(self.model)

    def code(self, operator: schema.OperatorT) -> int:
        """Which operator it is."""
        return builtin_code(self.model, operator)

    def only_taker(self, tensor: int) -> schema.OperatorT | None:
        """The one operator that takes a tensor; None where there are several, or where it leaves the model."""
        takers = self._takers[tensor]
        leaves = tensor in [int(index) for index in self.graph.outputs]
        return takers[0] if len(takers) == 1 and not leaves else None

    def is_shared(self, layer: WeightedLayer) -> bool:
        """Whether another layer has the same weights, as where a Keras layer is called twice."""
        return self._holders[layer.weights] > 1

    def shape(self, tensor: int) -> tuple[int, ...]:
        """The shape of a tensor."""
        return tuple(int(side) for side in self.graph.tensors[tensor].shape)

    def numbers(self, tensor: int) -> NDArray[Any]:
        """What a constant holds."""
        data = constant_of(self.model, self.graph.tensors[tensor])
        assert data is not None
        return data.view(_NUMBERS[self.graph.tensors[tensor].type]).reshape(self.shape(tensor))

    def set_numbers(self, tensor: int, values: NDArray[Any]) -> None:
        """Changes a constant, and no other that happened to hold equal numbers and was stored with it."""
        entry = self.graph.tensors[tensor]
        content = values.astype(_NUMBERS[entry.type])
        if sum(each.buffer == entry.buffer for each in self.graph.tensors) > 1:
            entry.buffer = add_buffer(self.model, content)
        else:
            self.model.buffers[entry.buffer].data = np.ascontiguousarray(content).view(np.uint8).reshape(-1)

    def set_bias(self, layer: WeightedLayer, values: NDArray[Any], scales: NDArray[np.float32] | None = None) -> None:
        """Gives a layer another bias, and no other layer that had the same.

        Args:
            layer: of this network.
            values: one a channel.
            scales: what a step of each stands for, where they are whole numbers.
        """
        if layer.bias is not None and self.only_taker(layer.bias) is not None:
            self.set_numbers(layer.bias, values)
            return
        kind = schema.TensorType.FLOAT32 if scales is None else schema.TensorType.INT32
        name = f"{self.graph.tensors[layer.result].name.decode()}/bias"
        own = add_tensor(self.graph, name, values.shape, kind, add_buffer(self.model, values.astype(_NUMBERS[kind])))
        if scales is not None:
            parameters = schema.QuantizationParametersT()
            parameters.scale, parameters.zeroPoint = scales, np.zeros(len(scales), np.int64)
            self.graph.tensors[own].quantization = parameters
        layer.operator.inputs = [layer.source, layer.weights, own]

    def _layer(self, operator: schema.OperatorT) -> WeightedLayer | None:
        code = self.code(operator)
        if code not in _OUTPUT_AXIS:
            return None
        source, weights, *bias = (int(index) for index in operator.inputs)
        constants = [weights, *(index for index in bias if index >= 0)]
        if any(not self._is_known_constant(index) for index in constants):
            return None
        return WeightedLayer(
            operator, code, source, weights, constants[1] if len(constants) > 1 else None, int(operator.outputs[0])
        )

    def _is_known_constant(self, index: int) -> bool:
        tensor = self.graph.tensors[index]
        return tensor.type in _NUMBERS and constant_of(self.model, tensor) is not None
