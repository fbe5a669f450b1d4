"""Stands for ``cv2.VideoCapture`` on V4L2 devices, with their failures.

As OpenCV's modules/videoio/src/cap_v4l.cpp does it: a busy or missing device is not opened (``requestBuffers`` fails
with EBUSY); a stalled one lets ``grab`` return False after OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT (``tryIoctl``, "select()
timeout"); one that was unplugged lets it return False at once (VIDIOC_DQBUF fails with ENODEV); a property that the
camera does not have is not set, and one out of its range becomes another value; four buffers hold what nobody took.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import cv2
import numpy as np

_BUFFERS = 4


@dataclass
class Device:
    """A camera.

    Attributes:
        rate: frames a second.
        decoding: seconds that ``retrieve`` takes.
        lacks: properties that it does not have.
        keeps: properties that stay at a value of its own.
    """

    color: tuple[int, int, int] = (255, 0, 0)
    rate: float = 100.0
    decoding: float = 0.0
    lacks: tuple[int, ...] = ()
    keeps: dict[int, float] = field(default_factory=dict)
    is_stalled: bool = False
    owner: object | None = None


@dataclass
class Bus:
    """Which camera is where; a test plugs and unplugs, and may make the driver hang.

    Attributes:
        select_seconds: how long ``grab`` waits for a stalled camera.
    """

    devices: dict[int | str, Device] = field(default_factory=dict)
    select_seconds: float = 0.3
    opened: list[tuple[int | str, int]] = field(default_factory=list)
    settings: list[tuple[int, float]] = field(default_factory=list)

    def capture(self, place: int | str, backend: int) -> Capture:
        """What ``cv2.VideoCapture(place, backend)`` gives."""
        self.opened.append((place, backend))
        return Capture(self, place)


class Capture:
    """One opened camera, or none."""

    def __init__(self, bus: Bus, place: int | str) -> None:
        self._bus = bus
        self._place = place
        self._device = bus.devices.get(place)
        if self._device is not None and self._device.owner is not None:
            self._device = None
        self._set: dict[int, float] = {cv2.CAP_PROP_FRAME_WIDTH: 64, cv2.CAP_PROP_FRAME_HEIGHT: 48}
        self._started = time.monotonic()
        self._taken = 0
        if self._device is not None:
            self._device.owner = self
            self._set[cv2.CAP_PROP_FPS] = self._device.rate

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._device is not None

    def set(self, setting: int, value: float) -> bool:
        self._bus.settings.append((setting, value))
        if setting in self._device.lacks or setting in self._device.keeps:
            return setting in self._device.keeps
        self._set[setting] = value
        return True

    def get(self, setting: int) -> float:
        if setting in self._device.lacks:
            return -1.0
        return self._device.keeps.get(setting, self._set.get(setting, 0.0))

    def grab(self) -> bool:
        if self._bus.devices.get(self._place) is not self._device:
            return False
        if self._device.is_stalled:
            time.sleep(self._bus.select_seconds)
            return False
        made = int((time.monotonic() - self._started) * self._device.rate)
        self._taken = max(self._taken, made - _BUFFERS)  # the driver writes over what nobody took
        self._taken += 1
        time.sleep(max(0.0, self._started + self._taken / self._device.rate - time.monotonic()))
        return True

    def retrieve(self) -> tuple[bool, np.ndarray]:
        time.sleep(self._device.decoding)
        height, width = (int(self.get(each)) for each in (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH))
        picture = np.full((height, width, 3), self._device.color[::-1], np.uint8)
        taken_ms = round(self._taken / self._device.rate * 1000)
        picture[0, 0] = (taken_ms >> 16 & 255, taken_ms >> 8 & 255, taken_ms & 255)  # when it was taken, as BGR
        return True, picture

    def release(self) -> None:
        if self._device is not None and self._device.owner is self:
            self._device.owner = None
