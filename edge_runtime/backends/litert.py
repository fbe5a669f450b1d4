"""The interpreter of ai-edge-litert, the maintained successor of tflite-runtime."""

from __future__ import annotations

from edge_runtime.backends.interpreter import InterpreterBackend
from edge_runtime.console.distribution import install_command
from edge_runtime.errors import BackendError
from edge_runtime.model import ModelFile


class LiteRTBackend(InterpreterBackend):
    """Runs a model in ``ai_edge_litert.interpreter.Interpreter``."""

    def __init__(self, model: ModelFile, threads: int, batch: int = 1) -> None:
        try:
            from ai_edge_litert import __version__
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise BackendError(
                f"backend litert: cannot import ai-edge-litert ({error}); run: {install_command('litert')}"
            ) from error
        super().__init__(Interpreter, "litert", __version__, model, threads, batch)
