"""The recipes: how the numbers inside a .tflite are stored. One table; a new recipe is one more entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge_runtime.contracts.tensors import DType

NumberType = Literal["float32", "float16", "int8"]


@dataclass(frozen=True)
class Edges:
    """What the input and the output tensor of a .tflite hold."""

    input: DType
    output: DType


@dataclass(frozen=True)
class Recipe:
    """One way to quantize.

    Attributes:
        name: as in ``--quantize``, the manifest and the report.
        summary: what it does, in a few words.
        weights: how weights are stored.
        activations: how values between operators are computed; other than float32 needs calibration.
        edge_types: what the input and output tensors may hold, the default first.
    """

    name: str
    summary: str
    weights: NumberType
    activations: NumberType
    edge_types: tuple[DType, ...]

    @property
    def needs_calibration(self) -> bool:
        """Whether the ranges of activations must be measured on images."""
        return self.activations != "float32"

    def edges(self, input_type: DType | None = None, output_type: DType | None = None) -> Edges:
        """The types asked for, the recipe's default where None."""
        return Edges(input_type or self.edge_types[0], output_type or self.edge_types[0])


FLOAT32 = Recipe("float32", "as trained", "float32", "float32", ("float32",))
_TABLE = (
    FLOAT32,
    Recipe("float16", "weights in 16 bits, half the size", "float16", "float32", ("float32",)),
    Recipe(
        "int8",
        "full integer: weights in 8 bits with one scale a channel, activations in 8 bits by calibration",
        "int8",
        "int8",
        ("uint8", "int8", "float32"),
    ),
)
RECIPES = {recipe.name: recipe for recipe in _TABLE}
