"""Video files, read with OpenCV."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

from edge_runtime.contracts.results import Frame, FrameFailure
from edge_runtime.errors import SourceError
from edge_runtime.opencv_library import load_opencv
from edge_runtime.sources.base import Item, Recording


class VideoSource(Recording):
    """Yields every frame of a video file, as fast as they are asked for."""

    def __init__(self, path: Path) -> None:
        self._cv2 = load_opencv(str(path))
        if not path.is_file():
            raise SourceError(f"{path}: no such file")
        self._path = path
        self._capture = self._cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise SourceError(f"{path}: OpenCV cannot open it as a video; it is damaged or of an unknown format")
        rate = float(self._capture.get(self._cv2.CAP_PROP_FPS))
        self.frame_rate = rate if 0 < rate < math.inf else None

    def __iter__(self) -> Iterator[Item]:
        index = 0
        while True:
            start = time.perf_counter_ns()
            more, pixels = self._capture.read()
            if not more:
                break
            pixels = self._cv2.cvtColor(pixels, self._cv2.COLOR_BGR2RGB, dst=pixels)
            yield Frame(pixels, str(self._path), index, time.time_ns(), time.perf_counter_ns() - start)
            index += 1
        if index == 0:
            yield FrameFailure(str(self._path), 0, f"{self._path}: no frame can be decoded")

    def close(self) -> None:
        """Closes the file."""
        self._capture.release()
