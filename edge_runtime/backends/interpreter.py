"""What the two TFLite interpreters have in common: ai-edge-litert and tflite-runtime offer the same class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from edge_runtime.backends.base import BackendInfo
from edge_runtime.contracts.native import native_output_as_debug
from edge_runtime.errors import BackendError
from edge_runtime.model_file import ModelFile

MAX_THREADS = 256  # the interpreter crashes from some thousands on


class InterpreterBackend:
    """Runs a model in an ``Interpreter`` class handed in by a subclass's constructor."""

    def __init__(self, interpreter_class: Any, name: str, version: str, model: ModelFile, threads: int) -> None:
        if not 1 <= threads <= MAX_THREADS:
            raise BackendError(f"threads {threads} is not within 1..{MAX_THREADS}")
        try:
            with native_output_as_debug(2):
                self._interpreter = interpreter_class(model_path=str(model.path), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, ImportError, SystemError) as error:  # the last two: another numpy's ABI
            raise BackendError(f"{model.path}: {name} {version} cannot load it: {error}; see edge-doctor") from error
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self.info = BackendInfo(name, version, threads, self._delegate())

    def write(self, fill: Callable[[NDArray[Any]], None]) -> None:
        """Lets ``fill`` set the input tensor in place."""
        fill(self._interpreter.tensor(self._input)())

    def invoke(self) -> None:
        """Runs the model.

        Raises:
            BackendError: the interpreter failed.
        """
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise BackendError(f"{self.info.name}: the model failed: {error}") from error

    def read(self) -> NDArray[Any]:
        """A copy of the raw output, (classes,)."""
        output: NDArray[Any] = self._interpreter.get_tensor(self._output)
        return output.reshape(-1)

    def close(self) -> None:
        """Frees the model."""
        self._interpreter = None

    def _delegate(self) -> str:
        try:  # a private call, the only one that tells
            names = [operator["op_name"] for operator in self._interpreter._get_ops_details()]
        except Exception:  # noqa: BLE001 - it may change in any way; then we do not know
            return "unknown"
        return "xnnpack" if "DELEGATE" in names else "none"
