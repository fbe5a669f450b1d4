"""Small edits of a .tflite's objects: constants, tensors, operators, and what stands at its edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray


def builtin_code(model: schema.ModelT, operator: schema.OperatorT) -> int:
    """The operator's code; files of old converters keep it in a field of its own."""
    code = model.operatorCodes[operator.opcodeIndex]
    return max(int(code.builtinCode), int(code.deprecatedBuiltinCode))


def constant_of(model: schema.ModelT, tensor: schema.TensorT) -> NDArray[np.uint8] | None:
    """The bytes of a constant; None where the tensor is computed."""
    data = model.buffers[tensor.buffer].data
    return None if data is None or not len(data) else np.asarray(data, np.uint8)


def add_buffer(model: schema.ModelT, values: NDArray[Any]) -> int:
    """A new buffer with ``values``; its number."""
    buffer = schema.BufferT()
    buffer.data = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
    model.buffers.append(buffer)
    return len(model.buffers) - 1


def add_tensor(
    graph: schema.SubGraphT, name: str, shape: Sequence[int], dtype: int = schema.TensorType.FLOAT32, buffer: int = 0
) -> int:
    """A new tensor; its index. Buffer 0 stands for a tensor that is computed."""
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), [int(side) for side in shape], dtype, buffer
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def new_operator(
    model: schema.ModelT, code: int, version: int, inputs: Sequence[int], outputs: Sequence[int]
) -> schema.OperatorT:
    """A new operator without options, not yet in a graph."""
    new = schema.OperatorT()
    new.opcodeIndex, new.inputs, new.outputs = _code_index(model, code, version), list(inputs), list(outputs)
    return new


def _code_index(model: schema.ModelT, code: int, version: int) -> int:
    """Where the model names that operator and version; it is added where it does not."""
    for index, known in enumerate(model.operatorCodes):
        if max(int(known.builtinCode), int(known.deprecatedBuiltinCode)) == code and known.version == version:
            return index
    entry = schema.OperatorCodeT()
    entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), version
    model.operatorCodes.append(entry)
    return len(model.operatorCodes) - 1


def add_numbers(model: schema.ModelT, name: str, numbers: Sequence[int]) -> int:
    """A new constant tensor of whole numbers in the first graph; its index."""
    buffer = add_buffer(model, np.asarray(numbers, np.int32))
    return add_tensor(model.subgraphs[0], name, (len(numbers),), schema.TensorType.INT32, buffer)


def new_reshape(model: schema.ModelT, source: int, result: int, shape: Sequence[int]) -> schema.OperatorT:
    """A new operator that gives the tensor ``source`` another shape, not yet in a graph."""
    inputs = (source, add_numbers(model, "reshape/shape", shape))
    operator = new_operator(model, schema.BuiltinOperator.RESHAPE, 1, inputs, (result,))
    operator.builtinOptionsType, operator.builtinOptions = (
        schema.BuiltinOptions.ReshapeOptions,
        schema.ReshapeOptionsT(),
    )
    operator.builtinOptions.newShape = list(shape)
    return operator


def drop_unused_codes(model: schema.ModelT) -> None:
    """Leaves out the codes of operators that are no more: an interpreter that lacks one refuses the file."""
    operators = [operator for graph in model.subgraphs for operator in graph.operators]
    used = sorted({operator.opcodeIndex for operator in operators})
    for operator in operators:
        operator.opcodeIndex = used.index(operator.opcodeIndex)
    model.operatorCodes = [model.operatorCodes[index] for index in used]


def move_input(model: schema.ModelT, index: int) -> None:
    """Makes the tensor ``index`` the input of the first graph and of its signatures, in place of the one before."""
    _move(model, "inputs", index)


def move_output(model: schema.ModelT, index: int) -> None:
    """Makes the tensor ``index`` the output of the first graph and of its signatures, in place of the one before."""
    _move(model, "outputs", index)


def _move(model: schema.ModelT, edge: str, index: int) -> None:
    graph = model.subgraphs[0]
    (before,) = getattr(graph, edge)
    setattr(graph, edge, [index])
    for signature in model.signatureDefs or ():
        for entry in getattr(signature, edge) or ():
            if signature.subgraphIndex == 0 and entry.tensorIndex == before:
                entry.tensorIndex = index
