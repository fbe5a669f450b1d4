"""Appends the softmax or sigmoid that a file lacks, so that whoever runs it reads probabilities.

It is appended to the finished file: a float output keeps a float operator, whose answers are exact, and quantizers see
the model as it was. See docs/decisions/0033-probabilities-inside.md.
"""

from __future__ import annotations

from math import prod

from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import add_tensor, move_output, new_operator, new_reshape
from converter.tflite.packing import unpack_model, write_model
from edge_runtime.contracts.manifest import Activation

_OPERATORS = {"softmax": schema.BuiltinOperator.SOFTMAX, "sigmoid": schema.BuiltinOperator.LOGISTIC}
_INTEGER_VERSION = 2
"""Of both operators with int8 tensors; with uint8 and float32 tensors it is 1."""


def append_activation(content: bytes, activation: Activation) -> bytes:
    """Returns the file with ``activation`` behind its last operator; an output of 8 bits has the scale 1/256.

    Args:
        content: a .tflite that gives logits.
        activation: what makes probabilities of them; with "none" the file stays as it is.
    """
    if activation == "none":
        return content
    model = unpack_model(content)
    graph = model.subgraphs[0]
    logits = _as_one_row(model, int(graph.outputs[0]))
    scores = add_tensor(graph, "probabilities", graph.tensors[logits].shape, graph.tensors[logits].type)
    is_int8 = graph.tensors[logits].type == schema.TensorType.INT8
    if graph.tensors[logits].type != schema.TensorType.FLOAT32:
        graph.tensors[scores].quantization = _of_probabilities(-128 if is_int8 else 0)
    last = new_operator(model, _OPERATORS[activation], _INTEGER_VERSION if is_int8 else 1, (logits,), (scores,))
    if activation == "softmax":
        last.builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions
        last.builtinOptions = schema.SoftmaxOptionsT()
        last.builtinOptions.beta = 1.0
    graph.operators.append(last)
    move_output(model, scores)
    return write_model(model)


def _as_one_row(model: schema.ModelT, index: int) -> int:
    """The tensor (1, classes) of the logits: softmax is over the last side, where some models have their height."""
    graph = model.subgraphs[0]
    logits = graph.tensors[index]
    classes = prod(int(side) for side in logits.shape)
    if int(logits.shape[-1]) == classes:
        return index
    row = add_tensor(graph, "row", (1, classes), logits.type)
    graph.tensors[row].quantization = logits.quantization
    graph.operators.append(new_reshape(model, index, row, (1, classes)))
    return row


def _of_probabilities(zero_point: int) -> schema.QuantizationParametersT:
    """What the interpreters ask of the output of both operators."""
    quantization = schema.QuantizationParametersT()
    quantization.scale, quantization.zeroPoint = [1 / 256], [zero_point]
    return quantization
