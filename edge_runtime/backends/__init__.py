"""Interpreters by name; ``auto`` takes the first one installed."""

from __future__ import annotations

from importlib.util import find_spec

from edge_runtime.errors import BackendError
from edge_runtime.registry import Registry

BACKENDS = Registry(
    "backend",
    {
        "litert": "edge_runtime.backends.litert:LiteRTBackend",
        "tflite-runtime": "edge_runtime.backends.tflite_runtime:TFLiteRuntimeBackend",
        "null": "edge_runtime.backends.null:NullBackend",
    },
)

_PREFERRED = (("litert", "ai_edge_litert"), ("tflite-runtime", "tflite_runtime"))


def choose_backend(name: str) -> str:
    """Turns "auto" into the name of an installed backend; another name is returned as it is.

    Raises:
        BackendError: no interpreter is installed.
    """
    if name != "auto":
        return name
    for candidate, module in _PREFERRED:
        if find_spec(module) is not None:
            return candidate
    raise BackendError("no interpreter is installed; run: pip install 'edge-deploy-kit[litert]'")
