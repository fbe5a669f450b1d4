"""Interpreters by name, and which of them are installed."""

from __future__ import annotations

from importlib.util import find_spec

from edge_runtime.console.distribution import install_command
from edge_runtime.errors import BackendError
from edge_runtime.registry import Registry

BACKENDS = Registry(
    "backend",
    {
        "litert": "edge_runtime.backends.litert:LiteRTBackend",
        "tflite-runtime": "edge_runtime.backends.tflite_runtime:TFLiteRuntimeBackend",
        "litert-compiled": "edge_runtime.backends.compiled_model:LiteRTCompiledBackend",
        "litert-gpu": "edge_runtime.backends.compiled_model:LiteRTGpuBackend",
        "null": "edge_runtime.backends.null:NullBackend",
    },
    "edge_deploy_kit.backends",
)

_PACKAGES = {
    "litert": "ai_edge_litert",
    "tflite-runtime": "tflite_runtime",
    "litert-compiled": "ai_edge_litert",
    "litert-gpu": "ai_edge_litert",
}


def installed_backends() -> tuple[str, ...]:
    """The backends whose package is installed, the preferred one first.

    Raises:
        BackendError: there is none.
    """
    installed = tuple(name for name, module in _PACKAGES.items() if find_spec(module) is not None)
    if not installed:
        raise BackendError(f"no interpreter is installed; run: {install_command('litert')}")
    return installed
