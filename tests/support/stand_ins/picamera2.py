"""Stands for picamera2 in a child process that has this folder on its path: a camera that sees nothing but red."""

from __future__ import annotations

import time

import numpy as np

_RED = {"BGR888": (255, 0, 0), "RGB888": (0, 0, 255)}  # as libcamera lays them out


class Picamera2:
    def __init__(self, camera_num: int = 0) -> None:
        assert camera_num == 0

    def create_video_configuration(self, main: dict[str, object], **_: object) -> dict[str, object]:
        return {"main": main}

    def configure(self, configuration: dict[str, dict[str, object]]) -> None:
        width, height = configuration["main"]["size"]
        self._frame = np.full((height, width, 3), _RED[configuration["main"]["format"]], np.uint8)

    def start(self) -> None: ...

    def capture_array(self, _name: str = "main") -> np.ndarray:
        time.sleep(0.02)
        return self._frame.copy()

    def close(self) -> None: ...
