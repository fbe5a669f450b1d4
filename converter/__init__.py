"""Quantizes Keras classifiers to TFLite behind an accuracy gate.

    from converter import ConvertConfig, convert
    report = convert(ConvertConfig(Path("run"), quantize="auto"), Path("model.tflite"))

    from converter import TARGETS, export_model, inspect_model, prove
    print(inspect_model(Path("model.tflite")).metadata)

Importing this package costs little; TensorFlow is imported when a conversion starts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from converter.config import ConvertConfig
from converter.errors import ConverterError
from converter.results import ConversionReport, GateRefusedError
from converter.targets.table import TARGETS

if TYPE_CHECKING:
    from converter.conversion import convert
    from converter.deliver.export import export_model
    from converter.inspect.model import inspect_model
    from converter.targets.proof import prove

__project__ = "a package of edge-deploy-kit"

__all__ = [
    "TARGETS",
    "ConversionReport",
    "ConvertConfig",
    "ConverterError",
    "GateRefusedError",
    "convert",
    "export_model",
    "inspect_model",
    "prove",
]

_HOMES = {
    "convert": "converter.conversion",
    "export_model": "converter.deliver.export",
    "inspect_model": "converter.inspect.model",
    "prove": "converter.targets.proof",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
