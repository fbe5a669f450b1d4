"""The interpreter of tflite-runtime 2.14, the last one; 32-bit Raspberry Pi OS has no other."""

from __future__ import annotations

import sys

from edge_runtime.backends.interpreter import InterpreterBackend
from edge_runtime.console.distribution import NO_TFLITE_RUNTIME, TFLITE_RUNTIME_BEFORE, install_command
from edge_runtime.errors import BackendError
from edge_runtime.model import ModelFile


class TFLiteRuntimeBackend(InterpreterBackend):
    """Runs a model in ``tflite_runtime.interpreter.Interpreter``."""

    def __init__(self, model: ModelFile, threads: int, batch: int = 1) -> None:
        try:
            from tflite_runtime import __version__
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            raise BackendError(_why_not(error)) from error
        super().__init__(Interpreter, "tflite-runtime", __version__, model, threads, batch)


def _why_not(error: ImportError) -> str:
    if sys.version_info >= TFLITE_RUNTIME_BEFORE:
        return f"backend tflite-runtime: {NO_TFLITE_RUNTIME}: {install_command('litert')}"
    install = install_command("tflite-runtime")
    return f"backend tflite-runtime: cannot import it ({error}); run: {install} (it needs numpy below 2)"
