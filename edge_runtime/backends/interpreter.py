"""What the two TFLite interpreters have in common: ai-edge-litert and tflite-runtime offer the same class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from edge_runtime.backends.base import BackendInfo, check_output, check_threads
from edge_runtime.backends.refusal import refuse_model
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.errors import BackendError
from edge_runtime.model import ModelFile


class InterpreterBackend:
    """Runs a model in an ``Interpreter`` class handed in by a subclass's constructor."""

    def __init__(
        self, interpreter_class: Any, name: str, version: str, model: ModelFile, threads: int, batch: int = 1
    ) -> None:
        check_threads(threads)
        try:
            with native_output_as_debug(2):
                self._interpreter = interpreter_class(model_path=str(model.path), num_threads=threads)
                self._input = self._interpreter.get_input_details()[0]["index"]  # fails where a name is no UTF-8
                if model.is_open:  # before anything is allocated: few models take the one pixel that the file announces
                    self._resize(model, name, batch)
                self._interpreter.allocate_tensors()
            self._output = self._interpreter.get_output_details()[model.output_position]["index"]
        except (ValueError, RuntimeError, ImportError, SystemError) as error:  # the last two: another numpy's ABI
            raise refuse_model(model.path, name, version, str(error)) from error
        self._path = model.path
        if batch != 1 and not model.is_open:
            check_output(model, 1, self._output_shape(model))
            self._resize(model, name, batch)
        check_output(model, batch, self._output_shape(model))
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
            raise self._failed(error) from error

    def read(self) -> NDArray[Any]:
        """A copy of the raw output, (batch * classes,).

        Raises:
            BackendError: there is none.
        """
        try:
            output: NDArray[Any] = self._interpreter.get_tensor(self._output)
        except ValueError as error:
            raise self._failed(error) from error
        return output.reshape(-1)

    def close(self) -> None:
        """Frees the model."""
        self._interpreter = None

    def _failed(self, error: Exception) -> BackendError:
        return BackendError(f"{self._path}: {self.info.name}: the model failed: {' '.join(str(error).split())}")

    def _output_shape(self, model: ModelFile) -> list[int]:
        shape: list[int] = self._interpreter.get_output_details()[model.output_position]["shape"].tolist()
        return shape

    def _resize(self, model: ModelFile, name: str, batch: int) -> None:
        try:
            with native_output_as_debug(2):
                self._interpreter.resize_tensor_input(self._input, list(model.input_shape(batch)))
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            height, width, _ = model.image_shape
            asked = f"batch {batch}: it was converted for {model.input.shape[0]}"
            if model.is_open:
                asked = f"images of {height}x{width}: {' '.join(str(error).split())}"
            raise BackendError(f"{model.path}: {name} cannot run it with {asked}") from error

    def _delegate(self) -> str:
        try:  # a private call, the only one that tells
            names = [operator["op_name"] for operator in self._interpreter._get_ops_details()]
        except Exception:  # noqa: BLE001 - it may change in any way; then we do not know
            return "unknown"
        return "xnnpack" if "DELEGATE" in names else "none"
