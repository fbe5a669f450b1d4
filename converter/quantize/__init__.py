"""A float model and a recipe go in; the bytes of a .tflite come out."""

from __future__ import annotations

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
    Recipe,
    Variant,
)
from converter.quantize.tensorflow import (
    ModelConversion,
    TensorFlowConversion,
    export_keras,
    layer_statistics,
    quantize_calibrated,
    start_conversion,
)

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
    "Edges",
    "ModelConversion",
    "Preparation",
    "Recipe",
    "TensorFlowConversion",
    "Variant",
    "export_keras",
    "layer_statistics",
    "quantize_calibrated",
    "start_conversion",
]
