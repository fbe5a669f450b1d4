"""The method of TensorFlow Lite Micro's ``MicroMutableOpResolver`` that adds an operator."""

from __future__ import annotations

from collections.abc import Sequence

from converter.errors import ExportError
from converter.targets import known_operators
from converter.tflite import Graph, Operator

_SPELT_OTHERWISE = {
    "BATCH_MATMUL": "BatchMatMul",
    "CUMSUM": "CumSum",
    "PADV2": "PadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
}
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def resolver_methods(graphs: Sequence[Graph]) -> tuple[str, ...]:
    """The methods that add the operators of a model, in alphabetical order, each once.

    Raises:
        ExportError: TensorFlow Lite Micro cannot run one; the message names its layer and not the file.
    """
    for graph in graphs:
        for operator in graph.operators:
            if problem := _problem(graph, operator):
                raise ExportError(f"{operator.name} of layer {operator.layer!r} {problem}; C source could not run it")
    names = {operator.name for graph in graphs for operator in graph.operators}
    return tuple(sorted(map(resolver_method, names)))


def _problem(graph: Graph, operator: Operator) -> str:
    types = {tensor.dtype for tensor in graph.tensors_of(operator)}
    if operator.name not in known_operators("tflite-micro"):
        return "is not in TensorFlow Lite Micro"
    if "float16" in types:
        return "has float16 numbers; convert with --target micro"
    if operator.name in _WEIGHTED and {"int8", "float32"} <= types:
        return "computes float numbers with int8 weights; convert with --target micro"
    return ""


def resolver_method(operator: str) -> str:
    """The method for a builtin operator's name: "CONV_2D" is added by "AddConv2D"."""
    return "Add" + _SPELT_OTHERWISE.get(operator, "".join(map(_capitalized, operator.split("_"))))


def _capitalized(word: str) -> str:
    return word.upper() if word[0].isdigit() else word.capitalize()


def operators_header(methods: Sequence[str]) -> str:
    """The text of ``edge_operators.h``, C++."""
    calls = " &&\n      ".join(f"operators.{method}() == kTfLiteOk" for method in methods)
    return f"""\
/* The operators of the model, and no others; written by edge-convert. C++. */
#ifndef EDGE_OPERATORS_H_
#define EDGE_OPERATORS_H_

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

typedef tflite::MicroMutableOpResolver<{len(methods)}> edge_operators_t;

inline TfLiteStatus edge_add_operators(edge_operators_t& operators) {{
  const bool is_added =
      {calls};
  return is_added ? kTfLiteOk : kTfLiteError;
}}

#endif /* EDGE_OPERATORS_H_ */
"""
