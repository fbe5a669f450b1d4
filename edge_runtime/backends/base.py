"""What a backend is: one loaded model that takes a tensor and gives scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from edge_runtime.errors import BackendError
from edge_runtime.model import ModelFile

MAX_THREADS = 256  # the interpreter crashes from some thousands on


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """How a model is being run.

    Attributes:
        name: the backend's name in the registry.
        version: of the interpreter's package.
        threads: how many were asked for.
        delegate: which one took operators ("xnnpack", "webgpu", "webgpu (29 of 31 operators)"), "none", or "unknown"
            where the interpreter does not tell.
        device: where the model runs.
        device_name: the GPU's, as its driver tells it.
        fallback: why the model does not run where the backend's name says; None where it does.
    """

    name: str
    version: str
    threads: int
    delegate: str
    device: Literal["cpu", "gpu"] = "cpu"
    device_name: str | None = None
    fallback: str | None = None

    @property
    def is_software(self) -> bool:
        """Whether the GPU is a program that computes on the CPU."""
        return self.device_name is not None and self.device_name.endswith("[software]")


class Backend(Protocol):
    """Loads a model when built; used by one thread at a time.

    ``write`` hands the input tensor's own memory to ``fill``, so that preprocessing needs no copy; the array must not
    be kept. A constructor raises BackendError where the interpreter is missing or refuses the model, the number of
    threads or the batch.
    """

    info: BackendInfo

    def __init__(self, model: ModelFile, threads: int, batch: int = 1) -> None: ...

    def write(self, fill: Callable[[NDArray[Any]], None]) -> None:
        """Lets ``fill`` set the input tensor, of the model's ``input_shape(batch)``."""

    def invoke(self) -> None:
        """Runs the model."""

    def read(self) -> NDArray[Any]:
        """The raw output, (batch * classes,); it may be a view, good until the next ``write``."""

    def close(self) -> None:
        """Frees the model."""


def check_threads(threads: int) -> None:
    """Refuses what would crash an interpreter.

    Raises:
        BackendError: the number is not within 1..``MAX_THREADS``.
    """
    if not 1 <= threads <= MAX_THREADS:
        raise BackendError(f"threads {threads} is not within 1..{MAX_THREADS}")


def check_output(model: ModelFile, batch: int, shape: Sequence[int]) -> None:
    """Refuses a model whose graph makes another output than the file announces: labels and scores would not fit.

    Args:
        model: the file.
        batch: how many images it is run on at a time.
        shape: what the interpreter makes of them.

    Raises:
        BackendError: it has another number of scores.
    """
    if prod(shape) == batch * prod(model.output.shape):
        return
    announced = f"its output is announced as {list(model.output.shape)}, and is {list(shape)}"
    cause = f"{model.path}: damaged: " if batch == 1 else f"{model.path}: it cannot be run with batch {batch}: "
    if model.is_open:
        height, width, _ = model.image_shape
        cause = f"{model.path}: it gives no row of scores for images of {height}x{width}, try another --image-size: "
    raise BackendError(cause + announced)
