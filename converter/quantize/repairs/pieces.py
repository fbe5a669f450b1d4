"""Operators of a model that run by themselves, and what flows inside a model."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from converter.errors import library_failures
from converter.tflite.edit import constant_of, drop_unused_codes
from converter.tflite.packing import write_model
from edge_runtime.console.native import native_output_as_debug


class Piece:
    """Some operators of a model's first graph, in an interpreter of their own."""

    def __init__(
        self,
        model: schema.ModelT,
        operators: Sequence[schema.OperatorT],
        inputs: Sequence[int],
        outputs: Sequence[int],
    ) -> None:
        """Cuts them out.

        Args:
            model: stays as it is.
            operators: in the order in which they are computed.
            inputs: the tensors that are given.
            outputs: the tensors that are wanted; a given one may be among them.

        Raises:
            ConversionError: the interpreter does not take them.
        """
        content, places = _cut_out(model, operators, inputs, outputs)
        with library_failures("a part of the model cannot be run"), native_output_as_debug(2):
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        self._inputs = [places[index] for index in inputs]
        self._outputs = [places[index] for index in outputs]

    def run(self, values: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs for one set of inputs."""
        for index, value in zip(self._inputs, values, strict=True):
            self._interpreter.set_tensor(index, value)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


def flow(
    model: schema.ModelT, tensors: Sequence[int], inputs: Iterable[NDArray[np.float32]]
) -> Iterator[list[NDArray[Any]]]:
    """The values of ``tensors`` for each input in turn; the model is one of float32."""
    graph = model.subgraphs[0]
    piece = Piece(model, operators_for(graph.operators, tensors), [int(graph.inputs[0])], tensors)
    for pixels in inputs:
        yield piece.run([pixels])


def operators_for(operators: Sequence[schema.OperatorT], tensors: Iterable[int]) -> list[schema.OperatorT]:
    """Those of ``operators`` that are needed for ``tensors``, in the same order."""
    wanted, needed = set(tensors), []
    for operator in reversed(operators):
        if wanted & set(map(int, operator.outputs)):
            needed.append(operator)
            wanted |= set(map(int, operator.inputs))
    return needed[::-1]


def _cut_out(
    model: schema.ModelT, operators: Sequence[schema.OperatorT], inputs: Sequence[int], outputs: Sequence[int]
) -> tuple[bytes, dict[int, int]]:
    """A .tflite of ``operators``, and where the tensors of ``model`` are in it."""
    before = model.subgraphs[0]
    kept = list(dict.fromkeys([*inputs, *outputs, *(int(i) for o in operators for i in (*o.inputs, *o.outputs))]))
    places = {index: place for place, index in enumerate(index for index in kept if index >= 0)}
    part, graph = schema.ModelT(), schema.SubGraphT()
    part.version, part.operatorCodes, part.subgraphs, part.buffers = 3, list(model.operatorCodes), [graph], []
    graph.tensors = [_with_buffer(part, model, before.tensors[index]) for index in places]
    graph.inputs, graph.outputs = [places[index] for index in inputs], [places[index] for index in outputs]
    graph.operators = [_moved(operator, places) for operator in operators]
    drop_unused_codes(part)
    return write_model(part), places


def _with_buffer(part: schema.ModelT, model: schema.ModelT, tensor: schema.TensorT) -> schema.TensorT:
    """A copy of the tensor, whose constant is in ``part``."""
    if not part.buffers:
        part.buffers.append(schema.BufferT())  # 0 stands for a tensor that is computed
    moved = copy.copy(tensor)
    if constant_of(model, tensor) is None:
        moved.buffer = 0
    else:
        moved.buffer = len(part.buffers)
        part.buffers.append(model.buffers[tensor.buffer])
    return moved


def _moved(operator: schema.OperatorT, places: dict[int, int]) -> schema.OperatorT:
    """A copy of the operator for tensors at other places; -1 stands for an input that is left out."""
    moved = copy.copy(operator)
    moved.inputs = [places.get(int(index), -1) for index in operator.inputs]
    moved.outputs = [places[int(index)] for index in operator.outputs]
    return moved
