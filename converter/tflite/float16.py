"""float16 constants become float32 ones, as the interpreter widens them, so that every converter takes the model."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import add_buffer, builtin_code, constant_of, drop_unused_codes


def fold_float16(model: schema.ModelT) -> None:
    """Replaces each DEQUANTIZE of a float16 constant by a float32 constant, in place."""
    for graph in model.subgraphs:
        graph.operators = [operator for operator in graph.operators if not _fold(model, graph, operator)]
    drop_unused_codes(model)
    read = _read_buffers(model)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            if tensor.type == schema.TensorType.FLOAT16 and tensor.buffer not in read:
                model.buffers[tensor.buffer].data = None


def _fold(model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT) -> bool:
    """Makes the output of ``operator`` a constant where it widens one; whether it does."""
    if builtin_code(model, operator) != schema.BuiltinOperator.DEQUANTIZE:
        return False
    source = graph.tensors[operator.inputs[0]]
    data = constant_of(model, source)
    if source.type != schema.TensorType.FLOAT16 or data is None:
        return False
    graph.tensors[operator.outputs[0]].buffer = add_buffer(model, data.view(np.float16).astype(np.float32))
    return True


def _read_buffers(model: schema.ModelT) -> set[int]:
    """The buffers of all tensors that some operator reads."""
    return {
        graph.tensors[index].buffer
        for graph in model.subgraphs
        for operator in graph.operators
        for index in operator.inputs
        if index >= 0
    }
