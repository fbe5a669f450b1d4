"""Quantizes Keras classifiers to TFLite behind an accuracy gate.

    from converter import ConvertConfig, convert
    report = convert(ConvertConfig(Path("run"), quantize="auto"), Path("model.tflite"))

Importing this package costs little; TensorFlow is imported when a conversion starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.config import ConvertConfig
from converter.errors import ConverterError, GateRefusedError
from converter.results import ConversionReport

if TYPE_CHECKING:
    from converter.workflow import convert

__all__ = ["ConversionReport", "ConvertConfig", "ConverterError", "GateRefusedError", "convert"]


def __getattr__(name: str) -> Any:
    if name == "convert":
        from converter.workflow import convert

        return convert
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
