"""Small .tflite files of other people's habits: channels first, no channels, open sizes, several outputs.

Each gives the mean of each channel, so its answer to a plain frame is the frame's colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

OPEN = -1


def write_mean_model(
    path: Path,
    shape: Sequence[int],
    axes: Sequence[int],
    *,
    activation: bool = False,
    outputs: Sequence[str] = ("scores",),
    signature: bool = True,
    after: str = "",
) -> Path:
    """Writes the model.

    Args:
        path: of the file.
        shape: of its input; ``OPEN`` where it is open.
        axes: over which the mean goes.
        activation: whether a softmax follows.
        outputs: names among "image" (the input, rectified), "means" and "scores".
        signature: whether it has one, which names the outputs "image_out", ...
        after: "relu" for one behind the scores, which changes nothing but the last operator.
    """
    announced = [1 if side == OPEN else side for side in shape]
    classes = [side for axis, side in enumerate(announced) if axis not in axes]
    tensors = [
        _tensor("input", announced, signature=list(shape) if OPEN in shape else None),
        _tensor("axes", [len(axes)], schema.TensorType.INT32, buffer=1),
        _tensor("means", classes),
        _tensor("scores", classes),
        _tensor("image", announced, signature=list(shape) if OPEN in shape else None),
    ]
    numbers = {"means": 2, "scores": 3, "image": 4}
    if after:
        tensors.append(_tensor("rectified", classes))
        numbers["scores"] = 5
    graph = schema.SubGraphT()
    graph.tensors = tensors
    graph.inputs, graph.outputs = [0], [numbers[name] for name in outputs]
    mean = _operator(0, [0, 1], [2], schema.BuiltinOptions.ReducerOptions, schema.ReducerOptionsT())
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    last = (
        _operator(1, [2], [3], schema.BuiltinOptions.SoftmaxOptions, softmax)
        if activation
        else _operator(2, [2], [3], schema.BuiltinOptions.ReshapeOptions, _reshaped(classes))
    )
    graph.operators = [mean, last, _operator(3, [0], [4]), *([_operator(3, [3], [5])] if after else [])]
    model = schema.ModelT()
    model.version, model.subgraphs = 3, [graph]
    model.buffers = [schema.BufferT(), schema.BufferT()]
    model.buffers[1].data = np.frombuffer(np.asarray(axes, np.int32).tobytes(), np.uint8)
    names = ("MEAN", "SOFTMAX", "RESHAPE", "RELU")
    model.operatorCodes = [_code(getattr(schema.BuiltinOperator, name)) for name in names]
    if signature:
        model.signatureDefs = [_signature(graph, {f"{name}_out": numbers[name] for name in sorted(outputs)})]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def _tensor(
    name: str, shape: list[int], kind: int = schema.TensorType.FLOAT32, *, buffer: int = 0, signature: object = None
) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, buffer
    tensor.shapeSignature = signature
    return tensor


def _operator(code: int, inputs: list[int], outputs: list[int], kind: int = 0, options: object = None) -> object:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, outputs
    operator.builtinOptionsType, operator.builtinOptions = kind, options
    return operator


def _reshaped(shape: list[int]) -> schema.ReshapeOptionsT:
    options = schema.ReshapeOptionsT()
    options.newShape = shape
    return options


def _signature(graph: schema.SubGraphT, outputs: dict[str, int]) -> schema.SignatureDefT:
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_entry("image_in", graph.inputs[0])]
    signature.outputs = [_entry(name, number) for name, number in outputs.items()]
    return signature


def _entry(name: str, number: int) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, number
    return entry


def _code(code: int) -> schema.OperatorCodeT:
    entry = schema.OperatorCodeT()
    entry.builtinCode = entry.deprecatedBuiltinCode = code
    entry.version = 1
    return entry
