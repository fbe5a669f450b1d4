"""Whether a file holds what its recipe says: what a converter does not understand, it leaves as it was, silently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

from converter.errors import ConversionError
from converter.quantize.recipes import Variant
from converter.tflite import Graph, Operator, Tensor, read_graphs, read_model

LARGE = 1024
"""Constants with fewer numbers may stay as they are: converters leave them alone, and they weigh nothing."""

_DATA_INPUT = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 0, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 2}
"""The operators that hold a classifier's weights, and which of their inputs comes from the layer before."""
_ACTIVATIONS = {"float32": "float32", "int8 found at run time": "float32", "int8": "int8", "int16": "int16"}
"""What flows into a layer, by :attr:`Recipe.activations`."""
_MAY_STAY_FLOAT = {"dynamic": "DEPTHWISE_CONV_2D", "int8-weights": "DEPTHWISE_CONV_2D"}
"""The operator whose weights a recipe may leave in float32: see ``converter.quantize.litert``."""


@dataclass(frozen=True)
class _Layer:
    """An operator with a large constant."""

    operator: Operator
    weights: Tensor
    activations: str


def check_contents(content: bytes, variant: Variant) -> None:
    """Refuses a file whose constants are not what its recipe says.

    Args:
        content: what a converter made.
        variant: what it was asked for.

    Raises:
        ConversionError: layers are stored otherwise; the message says how many, and names one.
    """
    graphs = read_graphs(read_model(content, Path(variant.name)), Path(variant.name))
    layers = [layer for graph in graphs for layer in _layers(graph, calibrated=variant.recipe.needs_calibration)]
    wanted = (variant.recipe.weights, _ACTIVATIONS[variant.recipe.activations])
    wrong = [
        layer
        for layer in layers
        if (layer.weights.dtype, layer.activations) != wanted
        and (layer.operator.name, layer.weights.dtype) != (_MAY_STAY_FLOAT.get(variant.recipe.name), "float32")
    ]
    if len(wrong) <= len(variant.float_layers):
        return
    first = wrong[0]
    raise ConversionError(
        f"{variant.name}: the converter left {len(wrong)} of {len(layers)} layers unlike the recipe: "
        f"{first.operator.name} {first.operator.layer!r} has {first.weights.dtype} weights and {first.activations} "
        f"activations instead of {wanted[0]} and {wanted[1]}; name another recipe with --quantize"
    )


def _layers(graph: Graph, *, calibrated: bool) -> Iterator[_Layer]:
    """The layers with large weights; of a calibrated file also other operators with a large constant left in float."""
    made_by = {index: operator for operator in graph.operators for index in operator.outputs}
    for operator in graph.operators:
        data = _DATA_INPUT.get(operator.name, 0)
        constants = [_stored(graph, index, made_by) for index in operator.inputs]
        if operator.name in _DATA_INPUT:
            constants = constants[1:2]
        elif not calibrated or operator.name == "DEQUANTIZE":
            continue
        else:
            constants = [tensor for tensor in constants if tensor is not None and tensor.dtype.startswith("float")]
        for tensor in constants:
            if tensor is not None and prod(tensor.shape) >= LARGE:
                yield _Layer(operator, tensor, graph.tensors[operator.inputs[data]].dtype)


def _stored(graph: Graph, index: int, made_by: dict[int, Operator]) -> Tensor | None:
    """The constant that an input reads, through the operator that widens it; None where it is computed or left out."""
    while index in made_by and made_by[index].name == "DEQUANTIZE":
        index = made_by[index].inputs[0]
    tensor = graph.tensors[index] if index >= 0 else None
    return tensor if tensor is not None and tensor.constant_bytes else None
