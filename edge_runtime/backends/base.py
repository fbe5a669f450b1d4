"""What a backend is: one loaded model that takes a tensor and gives scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from edge_runtime.model_file import ModelFile


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """How a model is being run.

    Attributes:
        name: the backend's name in the registry.
        version: of the interpreter's package.
        threads: how many were asked for.
        delegate: which one took operators ("xnnpack"), "none", or "unknown" where the interpreter does not tell.
    """

    name: str
    version: str
    threads: int
    delegate: str


class Backend(Protocol):
    """Loads a model when built; used by one thread at a time.

    ``write`` hands the input tensor's own memory to ``fill``, so that preprocessing needs no copy; the array must not
    be kept. A constructor raises BackendError where the interpreter is missing or refuses the model.
    """

    info: BackendInfo

    def __init__(self, model: ModelFile, threads: int) -> None: ...

    def write(self, fill: Callable[[NDArray[Any]], None]) -> None:
        """Lets ``fill`` set the input tensor, (1, height, width, channels)."""

    def invoke(self) -> None:
        """Runs the model."""

    def read(self) -> NDArray[Any]:
        """The raw output, (classes,); it may be a view, good until the next ``write``."""

    def close(self) -> None:
        """Frees the model."""
