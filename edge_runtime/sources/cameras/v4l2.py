"""USB and V4L2 cameras, read with OpenCV."""

from __future__ import annotations

from typing import Any

from edge_runtime.errors import SourceError
from edge_runtime.sources.cameras.opencv import OpenCVConnection


class CameraConnection(OpenCVConnection):
    """Reads ``camera:NUMBER``."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        number = address.removeprefix("camera:") or "0"
        if not number.isdigit():
            raise SourceError(f"{address}: expected camera:NUMBER, for example camera:0")
        self._number = int(number)

    def _make_capture(self) -> Any:
        return self._cv2.VideoCapture(self._number)

    def _advice(self) -> str:
        return "is it connected, and are you in the group video?"
