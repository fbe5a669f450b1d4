"""Gives a float .tflite the form that everything here takes: one image of fixed size, channels last; one output."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from converter.tflite.edit import (
    add_buffer,
    add_tensor,
    builtin_code,
    constant_of,
    drop_unused_codes,
    move_input,
    new_operator,
)
from converter.tflite.packing import unpack_model, write_model
from edge_runtime.console.native import native_output_as_debug

_CHANNELS_FIRST = (0, 3, 1, 2)


def keep_output(model: schema.ModelT, position: int) -> None:
    """Leaves out all outputs but one, and the operators that only the others needed, in place.

    Args:
        model: with one signature, or without.
        position: of the output that stays, from 0.
    """
    graph = model.subgraphs[0]
    kept = int(graph.outputs[position])
    graph.outputs = [kept]
    for signature in model.signatureDefs or ():
        signature.outputs = [entry for entry in signature.outputs if entry.tensorIndex == kept]
    needed, operators = {kept}, []
    for operator in reversed(graph.operators):
        if needed & {int(index) for index in operator.outputs}:
            needed |= {int(index) for index in operator.inputs}
            operators.append(operator)
    graph.operators = operators[::-1]
    drop_unused_codes(model)


def fix_shapes(content: bytes, shape: tuple[int, ...]) -> bytes:
    """Returns the model for an input of ``shape`` alone; what it computed of the shape becomes constants.

    Args:
        content: a float .tflite with one input, whose size may be open.
        shape: of its input.

    Raises:
        ValueError: the interpreter cannot run it with that shape.
        RuntimeError: likewise.
    """
    model = unpack_model(content)
    graph = model.subgraphs[0]
    with native_output_as_debug(2):
        interpreter = Interpreter(
            model_content=content,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
        )
        interpreter.resize_tensor_input(int(graph.inputs[0]), shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(int(graph.inputs[0]), np.zeros(shape, np.float32))
        interpreter.invoke()
        found = {details["index"]: details["shape"] for details in interpreter.get_tensor_details()}
        _make_constants(model, graph, interpreter)
    for index, tensor in enumerate(graph.tensors):
        tensor.shapeSignature = None
        if index in found and constant_of(model, tensor) is None:
            tensor.shape = found[index]
    return write_model(model)


def feed_rows_of_pixels(model: schema.ModelT, image_shape: tuple[int, int, int]) -> None:
    """Puts in front of the model, in place, what makes its own input of an image (1, height, width, channels).

    Args:
        model: whose input has channels first, or no channels.
        image_shape: (height, width, channels).
    """
    graph = model.subgraphs[0]
    before = int(graph.inputs[0])
    wanted = tuple(int(side) for side in graph.tensors[before].shape)
    image = add_tensor(graph, "image", (1, *image_shape))
    height, width, channels = image_shape
    is_channels_first = wanted == (1, channels, height, width)
    code = schema.BuiltinOperator.TRANSPOSE if is_channels_first else schema.BuiltinOperator.RESHAPE
    numbers = _CHANNELS_FIRST if is_channels_first else wanted
    buffer = add_buffer(model, np.asarray(numbers, np.int32))
    order = add_tensor(graph, "image/order", (len(numbers),), schema.TensorType.INT32, buffer)
    graph.operators.insert(0, new_operator(model, code, 1, (image, order), (before,)))
    move_input(model, image)


def _make_constants(model: schema.ModelT, graph: schema.SubGraphT, interpreter: Any) -> None:
    """Drops the operators that depend on shapes alone; their results stay as constants."""
    known = {index for index, tensor in enumerate(graph.tensors) if constant_of(model, tensor) is not None}
    left, results = [], set()
    for operator in graph.operators:
        inputs = {int(index) for index in operator.inputs} - {-1}
        if builtin_code(model, operator) == schema.BuiltinOperator.SHAPE or (inputs and inputs <= known):
            results |= {int(index) for index in operator.outputs}
            known |= results
        else:
            left.append(operator)
    for index in results:
        graph.tensors[index].buffer = add_buffer(model, _value(interpreter, index))
        graph.tensors[index].shape = list(_value(interpreter, index).shape)
    graph.operators = left
    drop_unused_codes(model)


def _value(interpreter: Any, index: int) -> NDArray[Any]:
    value: NDArray[Any] = interpreter.get_tensor(index)
    return value
