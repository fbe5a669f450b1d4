"""A backend that computes nothing: it tells what all the rest costs, and lets pipelines be tested without a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.backends.base import BackendInfo
from edge_runtime.model import ModelFile


class NullBackend:
    """Always finds the first class; its scores are the output type's extremes."""

    def __init__(self, model: ModelFile, threads: int, batch: int = 1) -> None:
        self.info = BackendInfo("null", "0", threads, "none")
        self._input = np.zeros(model.input_shape(batch), model.input.dtype)
        scores = np.full((batch, max(model.output.shape)), model.output.lowest, model.output.dtype)
        scores[:, 0] = model.output.lowest + 255 if model.output.is_quantized else 1
        self._output = scores.reshape(-1)

    def write(self, fill: Callable[[NDArray[Any]], None]) -> None:
        """Lets ``fill`` set the input tensor."""
        fill(self._input)

    def invoke(self) -> None:
        """Does nothing."""

    def read(self) -> NDArray[Any]:
        """The fixed output, (batch * classes,)."""
        return self._output

    def close(self) -> None:
        """Does nothing."""
