"""The interpreter of tflite-runtime 2.14, the last one; 32-bit Raspberry Pi OS has no other."""

from __future__ import annotations

from edge_runtime.backends.interpreter import InterpreterBackend
from edge_runtime.errors import BackendError
from edge_runtime.model import ModelFile


class TFLiteRuntimeBackend(InterpreterBackend):
    """Runs a model in ``tflite_runtime.interpreter.Interpreter``."""

    def __init__(self, model: ModelFile, threads: int, batch: int = 1) -> None:
        try:
            from tflite_runtime import __version__
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            raise BackendError(
                f"backend tflite-runtime: cannot import it ({error}); with Python 3.11 or older run: "
                "pip install 'edge-deploy-kit[tflite-runtime]' (it needs numpy below 2)"
            ) from error
        super().__init__(Interpreter, "tflite-runtime", __version__, model, threads, batch)
