"""The Raspberry Pi's camera through picamera2."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.errors import SourceError

FRAME_SIZE = (640, 480)


class PiCameraConnection:
    """Reads ``picamera2:NUMBER``."""

    def __init__(self, address: str) -> None:
        number = address.removeprefix("picamera2:") or "0"
        if not number.isdigit():
            raise SourceError(f"{address}: expected picamera2:NUMBER, for example picamera2:0")
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise SourceError(
                f"{address}: cannot import picamera2 ({error}); run: sudo apt install python3-picamera2, and make the "
                "environment with: python3 -m venv --system-site-packages"
            ) from error
        self._name = address
        self._number = int(number)
        self._class = Picamera2
        self._camera: Any = None

    def open(self) -> None:
        """Starts the camera.

        Raises:
            SourceError: there is no such camera, or another program has it.
        """
        try:
            self._camera = self._class(self._number)
            # libcamera names formats by byte order in a little-endian word: "BGR888" arrives as R, G, B.
            configuration = self._camera.create_video_configuration(main={"size": FRAME_SIZE, "format": "BGR888"})
            self._camera.configure(configuration)
            self._camera.start()
        except (RuntimeError, IndexError) as error:
            raise SourceError(f"{self._name}: cannot be opened: {error}; does rpicam-hello show a picture?") from error

    def read(self) -> NDArray[np.uint8]:
        """The next frame."""
        pixels: NDArray[np.uint8] = self._camera.capture_array("main")
        return pixels

    def close(self) -> None:
        """Frees the camera."""
        if self._camera is not None:
            self._camera.close()
