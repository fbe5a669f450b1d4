"""The recipes: how the numbers inside a .tflite are stored. One table; a new recipe is one more entry.

Which of the two converters serves a recipe, and why, is docs/decisions/0017-which-converter-makes-which-recipe.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from converter.quantize.pixels import takes_plain_pixels
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import DType

WeightType = Literal["float32", "float16", "int8"]
ActivationType = Literal["float32", "int8 found at run time", "int8", "int16"]
Tool = Literal["tensorflow", "litert-quantizer"]
Preparation = Literal["equalized", "bias-corrected"]
Ranges = Literal["min-max", "percentile", "mse", "octav", "chosen"]

AUTO = "auto"
"""The ladder: not a recipe, but a search among them."""


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
        weights: how weights are stored; int8 with one scale an output channel.
        activations: how values between operators are computed; int8 and int16 need calibration.
        edge_types: what the input and output tensors may hold, the default first.
        tool: the converter that makes it from a Keras model or a SavedModel.
        keeps_layers: whether some layers stay float32, found by the layer search.
    """

    name: str
    summary: str
    weights: WeightType
    activations: ActivationType
    edge_types: tuple[DType, ...]
    tool: Tool = "tensorflow"
    keeps_layers: bool = False

    @property
    def needs_calibration(self) -> bool:
        """Whether the ranges of activations must be measured on images."""
        return self.activations in ("int8", "int16")

    def edges(self, input_type: DType | None = None, output_type: DType | None = None) -> Edges:
        """The types asked for where the recipe has them, else its default."""
        asked = (kind if kind in self.edge_types else None for kind in (input_type, output_type))
        return Edges(*(kind or self.edge_types[0] for kind in asked))


@dataclass(frozen=True)
class Variant:
    """A recipe as it is applied to one model.

    Attributes:
        recipe: how numbers are stored.
        edges: what the input and output tensors hold.
        prepared: what was done to the model beside quantizing, see ``converter.quantize.repairs``.
        ranges: how those of activations in 8 bits follow from what the calibration images give, see
            ``converter.quantize.repairs.ranges``.
        distilled: whether its integers were chosen again, see ``converter.quantize.distill``.
        float_layers: the tensors whose layers stay float32.
        dense_per_channel: whether dense layers, too, have one scale an output channel, with the recipe "dynamic".
        preprocessing: how pixels become the float model's input; the range of its tensor follows. None where it is to
            follow from the calibration images.
        for_xnnpack: whether 8-bit operators that XNNPACK does not take are replaced, see ``converter.tflite.rewrites``.
    """

    recipe: Recipe
    edges: Edges
    prepared: tuple[Preparation, ...] = ()
    ranges: Ranges = "min-max"
    distilled: bool = False
    float_layers: tuple[str, ...] = ()
    dense_per_channel: bool = True
    preprocessing: PreprocessSpec | None = None
    for_xnnpack: bool = True

    @property
    def normalizes_inside(self) -> bool:
        """Whether an operator of the file normalises: an 8-bit input takes pixels, and no one scale stands for them."""
        spec = self.preprocessing
        return spec is not None and self.edges.input != "float32" and not takes_plain_pixels(spec)

    @property
    def name(self) -> str:
        """What tells it from the others of one ladder: "int8", "int8 bias-corrected", "mixed (3 layers float)"."""
        ranges = [] if self.ranges == "min-max" else [f"{self.ranges}-ranges"]
        parts = [self.recipe.name, *ranges, *self.prepared, *["distilled"] * self.distilled]
        if self.float_layers:
            parts.append(f"({len(self.float_layers)} layer{'s' * (len(self.float_layers) > 1)} float)")
        return " ".join(parts)

    def parameters(self) -> Mapping[str, Any]:
        """All of it, as it is saved with the result."""
        recipe = self.recipe
        return {
            "weights": recipe.weights,
            "activations": recipe.activations,
            "prepared": list(self.prepared),
            "ranges": self.ranges,
            "distilled": self.distilled,
            "dense_per_channel": self.dense_per_channel,
            "float_layers": [layer.partition(";")[0] for layer in self.float_layers],
        }


_FULL_INTEGER: tuple[DType, ...] = ("uint8", "int8", "float32")
FLOAT32 = Recipe("float32", "as trained", "float32", "float32", ("float32",))
FLOAT16 = Recipe("float16", "weights in 16 bits, half the size", "float16", "float32", ("float32",))
DYNAMIC = Recipe(
    "dynamic",
    "weights in 8 bits, activations quantized at run time",
    "int8",
    "int8 found at run time",
    ("float32",),
)
INT8 = Recipe(
    "int8",
    "full integer: weights in 8 bits with one scale a channel, activations in 8 bits by calibration",
    "int8",
    "int8",
    _FULL_INTEGER,
)
MIXED = Recipe(
    "mixed",
    "int8, but the fewest layers that the gate needs stay float32",
    "int8",
    "int8",
    _FULL_INTEGER,
    keeps_layers=True,
)
INT16X8 = Recipe("int16x8", "weights in 8 bits, activations in 16 bits by calibration", "int8", "int16", ("float32",))
INT8_WEIGHTS = Recipe(
    "int8-weights",
    "weights in 8 bits, computed in float32",
    "int8",
    "float32",
    ("float32",),
    tool="litert-quantizer",
)
RECIPES = {recipe.name: recipe for recipe in (FLOAT32, FLOAT16, DYNAMIC, INT8, MIXED, INT16X8, INT8_WEIGHTS)}
