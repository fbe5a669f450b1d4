"""What the sources that OpenCV captures have in common."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edge_runtime.errors import SourceError
from edge_runtime.opencv_library import load_opencv
from edge_runtime.sources.address import without_password
from edge_runtime.sources.base import ConfiguredConnection, Picture
from edge_runtime.sources.cameras.backlog import Backlog
from edge_runtime.sources.cameras.orientation import ORIENTATION_OPTIONS, Orientation
from edge_runtime.sources.options import SourceOption


class OpenCVConnection(ConfiguredConnection):
    """Reads what a subclass opens with ``cv2.VideoCapture``."""

    OPTIONS: ClassVar[tuple[SourceOption, ...]] = ORIENTATION_OPTIONS

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        self._name = without_password(address)
        self._options = options
        self._cv2 = load_opencv(self._name)
        self._orientation = Orientation.of(options)
        self._capture: Any = None
        self._backlog = Backlog(0.0)

    def open(self) -> None:
        """Connects.

        Raises:
            SourceError: there is no such camera or stream.
        """
        self._capture = self._make_capture()
        if not self._capture.isOpened():
            raise SourceError(f"{self._name}: cannot be opened; {self._advice()}")
        self._backlog = Backlog(self._capture.get(self._cv2.CAP_PROP_FPS))

    def read(self) -> Picture:
        """The next frame, or with the policy "latest" the newest of those that wait.

        Raises:
            SourceError: the connection is lost.
        """
        skipped = 0
        while self._grab() and self._options["policy"] != "every":
            skipped += 1
        more, pixels = self._capture.retrieve()
        if not more or pixels is None:
            raise SourceError(f"{self._name}: no more frames")
        return Picture(partial(self._rgb, pixels), pixels.nbytes, skipped)

    def close(self) -> None:
        """Frees the camera."""
        if self._capture is not None:
            self._capture.release()

    def _grab(self) -> bool:
        """Takes one frame without decoding it; whether a newer one waits behind it."""
        start = time.monotonic()
        if not self._capture.grab():
            raise SourceError(f"{self._name}: no more frames")
        return self._backlog.grows_after(start, time.monotonic())

    def _rgb(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return self._orientation.apply(self._cv2.cvtColor(pixels, self._cv2.COLOR_BGR2RGB))

    @abstractmethod
    def _make_capture(self) -> Any:
        """A ``cv2.VideoCapture`` of it."""

    @abstractmethod
    def _advice(self) -> str:
        """What to try where it cannot be opened."""
