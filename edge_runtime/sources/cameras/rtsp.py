"""RTSP streams, read with OpenCV."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from edge_runtime.sources.cameras.opencv import OpenCVConnection

_OPTIONS_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# Measured: a stream opens in 0.5 s instead of 3 s, and no frames pile up.
_RTSP_OPTIONS = "rtsp_transport;tcp|fflags;nobuffer|analyzeduration;200000|probesize;65536"

_environment_changes = threading.Lock()


class RtspConnection(OpenCVConnection):
    """Reads an ``rtsp://`` address."""

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        super().__init__(address, options)
        self._address = address

    def _make_capture(self) -> Any:
        with _environment_defaults({_OPTIONS_VARIABLE: _RTSP_OPTIONS}):
            return self._cv2.VideoCapture(self._address)

    def _advice(self) -> str:
        return "is it up?"


@contextmanager
def _environment_defaults(values: dict[str, str]) -> Iterator[None]:
    """Sets variables that are not set yet, for the block only: FFmpeg's RTSP options cost a video its first frame."""
    with _environment_changes:
        missing = {name: value for name, value in values.items() if name not in os.environ}
        os.environ.update(missing)
        try:
            yield
        finally:
            for name in missing:
                del os.environ[name]
