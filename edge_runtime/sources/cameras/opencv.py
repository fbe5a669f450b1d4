"""What the sources that OpenCV captures have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.errors import SourceError
from edge_runtime.opencv_library import load_opencv
from edge_runtime.sources.address import without_password


class OpenCVConnection(ABC):
    """Reads what a subclass opens with ``cv2.VideoCapture``."""

    def __init__(self, address: str) -> None:
        self._name = without_password(address)
        self._cv2 = load_opencv(self._name)
        self._capture: Any = None

    def open(self) -> None:
        """Connects.

        Raises:
            SourceError: there is no such camera or stream.
        """
        self._capture = self._make_capture()
        if not self._capture.isOpened():
            raise SourceError(f"{self._name}: cannot be opened; {self._advice()}")

    def read(self) -> NDArray[np.uint8]:
        """The next frame.

        Raises:
            SourceError: the connection is lost.
        """
        more, pixels = self._capture.read()
        if not more:
            raise SourceError(f"{self._name}: no more frames")
        rgb: NDArray[np.uint8] = self._cv2.cvtColor(pixels, self._cv2.COLOR_BGR2RGB)
        return rgb

    def close(self) -> None:
        """Frees the camera."""
        if self._capture is not None:
            self._capture.release()

    @abstractmethod
    def _make_capture(self) -> Any:
        """A ``cv2.VideoCapture`` of it."""

    @abstractmethod
    def _advice(self) -> str:
        """What to try where it cannot be opened."""
