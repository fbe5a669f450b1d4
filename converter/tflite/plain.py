"""Makes the graph of a stranger's .tflite plain: one image of a fixed size, its channels last, one row of scores.

So everything that follows, and everybody who runs the delivered file, needs no layout, size or output to be said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from converter.tflite.edit import add_buffer, add_tensor, new_operator
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
    if is_plain(model, file):
        return content
    if file.is_open:
        _fix_shapes(graph, content, file)
    graph.outputs = [graph.outputs[file.output_position]]
    if file.input.shape != (1, *file.image_shape):
        _put_in_front(model, file)
    for tensor in graph.tensors:
        tensor.shapeSignature = None
    model.signatureDefs = None  # it names outputs that are no more
    return write_model(model)


def is_plain(model: schema.ModelT, file: ModelFile) -> bool:
    """Whether nothing has to be changed."""
    return not file.is_open and len(model.subgraphs[0].outputs) == 1 and file.input.shape == (1, *file.image_shape)


def _fix_shapes(graph: schema.SubGraphT, content: bytes, file: ModelFile) -> None:
    """Gives every tensor the shape that it has for one image of the size that the user says."""
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    image = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(image, list(file.input.shape))
    interpreter.allocate_tensors()
    interpreter.set_tensor(image, np.zeros(file.input.shape, np.float32))
    interpreter.invoke()  # shapes that are computed are known only now
    for details in interpreter.get_tensor_details():
        if details["index"] < len(graph.tensors):
            graph.tensors[details["index"]].shape = [int(side) for side in details["shape"]]


def _put_in_front(model: schema.ModelT, file: ModelFile) -> None:
    """Puts an operator in front that makes the input of an image (1, height, width, channels)."""
    graph = model.subgraphs[0]
    before = int(graph.inputs[0])
    image = add_tensor(graph, "image", (1, *file.image_shape))
    is_transposed = layout_of(file.input.shape, file.image_shape) == "nchw" and file.image_shape[2] > 1
    code = schema.BuiltinOperator.TRANSPOSE if is_transposed else schema.BuiltinOperator.RESHAPE
    numbers = _TO_CHANNELS_FIRST if is_transposed else file.input.shape
    first = new_operator(model, code, 1, (image, _constant(model, "to_input", numbers)), (before,))
    if is_transposed:
        first.builtinOptionsType, first.builtinOptions = (
            schema.BuiltinOptions.TransposeOptions,
            schema.TransposeOptionsT(),
        )
    else:
        first.builtinOptionsType, first.builtinOptions = schema.BuiltinOptions.ReshapeOptions, schema.ReshapeOptionsT()
        first.builtinOptions.newShape = list(numbers)
    graph.operators.insert(0, first)
    graph.inputs = [image]


def _constant(model: schema.ModelT, name: str, numbers: Sequence[int]) -> int:
    values = np.asarray(numbers, np.int32)
    buffer = add_buffer(model, values)
    return add_tensor(model.subgraphs[0], name, (len(numbers),), schema.TensorType.INT32, buffer)
