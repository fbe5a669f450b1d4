"""Video files, read with OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from edge_runtime.contracts.native import native_output_as_debug
from edge_runtime.contracts.results import Frame, FrameFailure
from edge_runtime.errors import SourceError


class VideoSource:
    """Yields every frame of a video file, as fast as they are asked for."""

    def __init__(self, path: Path) -> None:
        try:
            import cv2
        except ImportError as error:
            raise SourceError(f"{path}: video needs OpenCV; run: pip install 'edge-deploy-kit[camera]'") from error
        if not path.is_file():
            raise SourceError(f"{path}: no such file")
        self._path = path
        self._cv2 = cv2
        with native_output_as_debug():
            self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise SourceError(f"{path}: OpenCV cannot open it as a video; it is damaged or of an unknown format")

    def __iter__(self) -> Iterator[Frame | FrameFailure]:
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
