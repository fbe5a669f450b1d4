"""Builds a .tflite of one fully connected layer that is large enough for every converter to quantize it.

It tells the three colours of ``small_run`` apart by the mean of each channel, on pixels in -1..1, and needs no
TensorFlow to be built.
"""

from __future__ import annotations

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from small_run import CLASSES, SIDE

GAIN = 8.0
_TYPES = {"float32": schema.TensorType.FLOAT32, "float16": schema.TensorType.FLOAT16}


def write_wide_model(path: Path, *, constants: str = "float32", logits: bool = False) -> Path:
    """Writes the model; float16 constants are widened by the graph, as TensorFlow writes them."""
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, [graph], [schema.BufferT()], []
    graph.tensors, graph.operators, graph.inputs = [], [], [0]
    image = _tensor(graph, "image", (1, SIDE, SIDE, 3))
    values = []
    for name, numbers in (("weights", _weights()), ("bias", np.zeros(len(CLASSES)))):
        buffer = schema.BufferT()
        buffer.data = numbers.astype(constants).reshape(-1).view(np.uint8)
        model.buffers.append(buffer)
        stored = _tensor(graph, name, numbers.shape, constants, len(model.buffers) - 1)
        if constants == "float16":
            wide = _tensor(graph, f"wide {name}", numbers.shape)
            _operator(model, graph, schema.BuiltinOperator.DEQUANTIZE, [stored], [wide])
            stored = wide
        values.append(stored)
    scores = _tensor(graph, "logits", (1, len(CLASSES)))
    layer = _operator(model, graph, schema.BuiltinOperator.FULLY_CONNECTED, [image, *values], [scores])
    layer.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    layer.builtinOptions = schema.FullyConnectedOptionsT()
    if not logits:
        row, scores = scores, _tensor(graph, "scores", (1, len(CLASSES)))
        last = _operator(model, graph, schema.BuiltinOperator.SOFTMAX, [row], [scores])
        last.builtinOptionsType, last.builtinOptions = schema.BuiltinOptions.SoftmaxOptions, schema.SoftmaxOptionsT()
        last.builtinOptions.beta = 1.0
    graph.outputs = [scores]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def _weights() -> np.ndarray:
    """(classes, pixels): the mean of a channel, weighted, is that colour's logit."""
    means = np.tile(np.eye(len(CLASSES)), SIDE * SIDE)
    return GAIN * means / (SIDE * SIDE)


def _tensor(graph: schema.SubGraphT, name: str, shape: tuple[int, ...], dtype: str = "float32", buffer: int = 0) -> int:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), list(shape), _TYPES[dtype], buffer
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _operator(
    model: schema.ModelT, graph: schema.SubGraphT, code: int, inputs: list[int], outputs: list[int]
) -> schema.OperatorT:
    entry = schema.OperatorCodeT()
    entry.builtinCode = entry.deprecatedBuiltinCode = code
    entry.version = 1
    model.operatorCodes.append(entry)
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = len(model.operatorCodes) - 1, inputs, outputs
    graph.operators.append(operator)
    return operator
