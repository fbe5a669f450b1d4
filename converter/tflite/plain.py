"""Makes the graph of a stranger's .tflite plain: one image of a fixed size, its channels last, one row of scores.

So everything that follows, and everybody who runs the delivered file, needs no layout, size or output to be said.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from converter.tflite.edit import (
    add_buffer,
    add_numbers,
    add_tensor,
    builtin_code,
    constant_of,
    drop_unused_codes,
    new_operator,
    new_reshape,
)
from converter.tflite.packing import unpack_model, write_model
from edge_runtime.contracts.tensors import layout_of
from edge_runtime.model import ModelFile

_TO_CHANNELS_FIRST = (0, 3, 1, 2)


def make_plain(content: bytes, file: ModelFile) -> bytes:
    """The same model of one plain image and one plain output.

    Args:
        content: a float .tflite.
        file: what was read of it, and what the user says of its layout, its output and its image size.

    Raises:
        ValueError: the interpreter does not take images of that size.
        RuntimeError: likewise.
    """
    model = unpack_model(content)
    graph = model.subgraphs[0]
    is_fixed = not file.is_open and not any(_is_open(tensor) for tensor in graph.tensors)
    if is_fixed and len(graph.outputs) == 1 and file.input.shape == (1, *file.image_shape):
        return content
    if not is_fixed:
        _fix_shapes(model, content, file)
    _keep_output(model, file.output_position)
    if file.input.shape != (1, *file.image_shape):
        _put_in_front(model, file)
    drop_unused_codes(model)
    model.signatureDefs = None  # it names outputs that are no more
    return write_model(model)


def _is_open(tensor: schema.TensorT) -> bool:
    return tensor.shapeSignature is not None and -1 in tensor.shapeSignature


def _fix_shapes(model: schema.ModelT, content: bytes, file: ModelFile) -> None:
    """Gives every tensor the shape that it has for one image; what depends on shapes alone becomes constant."""
    interpreter = Interpreter(
        model_content=content,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    image = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(image, list(file.input.shape))
    interpreter.allocate_tensors()
    interpreter.set_tensor(image, np.zeros(file.input.shape, np.float32))
    interpreter.invoke()  # shapes that are computed are known only now
    graph = model.subgraphs[0]
    for details in interpreter.get_tensor_details():
        if details["index"] < len(graph.tensors) and constant_of(model, graph.tensors[details["index"]]) is None:
            graph.tensors[details["index"]].shape = [int(side) for side in details["shape"]]
    for tensor in graph.tensors:
        tensor.shapeSignature = None
    _keep_what_depends_on_the_image(model, graph, interpreter)


def _keep_what_depends_on_the_image(model: schema.ModelT, graph: schema.SubGraphT, interpreter: Any) -> None:
    """Drops the operators that compute from shapes and constants alone; their results stay as constants."""
    known = {index for index, tensor in enumerate(graph.tensors) if constant_of(model, tensor) is not None}
    left = []
    for operator in graph.operators:
        inputs = {int(index) for index in operator.inputs} - {-1}
        if builtin_code(model, operator) != schema.BuiltinOperator.SHAPE and not (inputs and inputs <= known):
            left.append(operator)
            continue
        for index in map(int, operator.outputs):
            graph.tensors[index].buffer = add_buffer(model, interpreter.get_tensor(index))
            known.add(index)
    graph.operators = left


def _keep_output(model: schema.ModelT, position: int) -> None:
    """Leaves out all outputs but one, and the operators that only the others need."""
    graph = model.subgraphs[0]
    graph.outputs = [graph.outputs[position]]
    needed, operators = {int(graph.outputs[0])}, []
    for operator in reversed(graph.operators):
        if needed & {int(index) for index in operator.outputs}:
            needed |= {int(index) for index in operator.inputs}
            operators.append(operator)
    graph.operators = operators[::-1]


def _put_in_front(model: schema.ModelT, file: ModelFile) -> None:
    """Puts an operator in front that makes the input of an image (1, height, width, channels)."""
    graph = model.subgraphs[0]
    before = int(graph.inputs[0])
    image = add_tensor(graph, "image", (1, *file.image_shape))
    if layout_of(file.input.shape, file.image_shape) == "nchw" and file.image_shape[2] > 1:
        inputs = (image, add_numbers(model, "image/order", _TO_CHANNELS_FIRST))
        first = new_operator(model, schema.BuiltinOperator.TRANSPOSE, 1, inputs, (before,))
        first.builtinOptionsType = schema.BuiltinOptions.TransposeOptions
        first.builtinOptions = schema.TransposeOptionsT()
    else:
        first = new_reshape(model, image, before, file.input.shape)
    graph.operators.insert(0, first)
    graph.inputs = [image]
