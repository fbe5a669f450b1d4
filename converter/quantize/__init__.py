"""A SavedModel or a float .tflite, and a recipe, go in; the bytes of a .tflite come out."""

from __future__ import annotations

from converter.quantize.conversion import Conversion, Inputs
from converter.quantize.pixels import plain_pixels
from converter.quantize.recipes import (
    AUTO,
    DYNAMIC,
    FLOAT16,
    FLOAT32,
    INT8,
    INT8_WEIGHTS,
    INT16X8,
    MIXED,
    RECIPES,
    Edges,
    Preparation,
    Ranges,
    Recipe,
    Variant,
)
from converter.quantize.start import start_tensorflow
from converter.quantize.tensorflow import TensorFlowConversion, failures_named
from converter.quantize.tflite import TFLiteConversion

__all__ = [
    "AUTO",
    "DYNAMIC",
    "FLOAT16",
    "FLOAT32",
    "INT8",
    "INT8_WEIGHTS",
    "INT16X8",
    "MIXED",
    "RECIPES",
    "Conversion",
    "Edges",
    "Inputs",
    "Preparation",
    "Ranges",
    "Recipe",
    "TFLiteConversion",
    "TensorFlowConversion",
    "Variant",
    "failures_named",
    "plain_pixels",
    "start_tensorflow",
]
