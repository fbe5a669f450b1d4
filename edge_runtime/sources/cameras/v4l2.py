"""USB and V4L2 cameras, read with OpenCV."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from edge_runtime.console.command import logger
from edge_runtime.errors import SourceError
from edge_runtime.sources.base import Recovery
from edge_runtime.sources.cameras.opencv import OpenCVConnection
from edge_runtime.sources.cameras.orientation import ORIENTATION_OPTIONS
from edge_runtime.sources.options import SourceOption, number_option, size_option

_BY_ID = Path("/dev/v4l/by-id")
_GONE_SECONDS = 0.2  # what fails sooner than that did not wait for a frame: the camera was unplugged
_MS = 10  # V4L2_CID_EXPOSURE_ABSOLUTE counts in 100 microseconds
_MANUAL, _AUTOMATIC = 1, 3  # of V4L2_CID_EXPOSURE_AUTO; 3, aperture priority, is what USB cameras know


def _four_letters(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9]{4}", text):
        raise ValueError(text)
    return text.upper()


class CameraConnection(OpenCVConnection):
    """Reads ``camera:NUMBER`` or ``camera:PATH``.

    A path below /dev/v4l/by-id belongs to one camera: it is found again wherever it is plugged in.
    """

    OPTIONS: ClassVar[tuple[SourceOption, ...]] = (
        size_option("size"),
        number_option("fps", 0.1, 1000),
        SourceOption("format", "MJPG, YUYV or another FOURCC", _four_letters),
        *ORIENTATION_OPTIONS,
        number_option("exposure", 0.1, 10_000, "auto"),
        number_option("gain", 0, 10_000),
        number_option("focus", 0, 10_000, "auto"),
    )
    RECOVERY: ClassVar[Recovery] = Recovery(holds_device=True)

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        super().__init__(address, options)
        place = address.removeprefix("camera:") or "0"
        if not place.isdigit() and not place.startswith("/dev/"):
            raise SourceError(
                f"{address}: expected camera:NUMBER or the camera's path, for example camera:0 or camera:{_BY_ID}/usb-…"
            )
        self._device: int | str = int(place) if place.isdigit() else place

    def _make_capture(self) -> Any:
        capture = self._cv2.VideoCapture(self._device, self._cv2.CAP_V4L2)
        if capture.isOpened():
            self._set_up(capture)
        return capture

    def _grab(self) -> bool:
        """As for any other; OpenCV's own wait ends after a second, which is not yet a stall."""
        start = time.monotonic()
        while not self._capture.grab():
            at_once = time.monotonic() - start < _GONE_SECONDS
            if at_once or time.monotonic() - start >= self._options["stall"]:
                why = "gone" if at_once else f"no frame for {self._options['stall']:g} s"
                raise SourceError(f"{self._name}: {why}")
        return self._backlog.grows_after(start, time.monotonic())

    def _advice(self) -> str:
        named = sorted(str(path) for path in _BY_ID.glob("*-video-index0")) if _BY_ID.is_dir() else []
        there = f"; there is {', '.join(f'camera:{path}' for path in named[:2])}" if named else ""
        return f"is it connected, not in use by another program, and are you in the group video?{there}"

    def _set_up(self, capture: Any) -> None:
        """Asks for what was said: the format first, since sizes and rates depend on it."""
        cv2, said = self._cv2, self._options
        if "format" in said:
            self._ask(capture, "format", cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*said["format"]))
        if "size" in said:
            self._ask(capture, "size", cv2.CAP_PROP_FRAME_WIDTH, said["size"][0])
            self._ask(capture, "size", cv2.CAP_PROP_FRAME_HEIGHT, said["size"][1])
        if "fps" in said:
            self._ask(capture, "fps", cv2.CAP_PROP_FPS, said["fps"])
        if "exposure" in said:
            automatic = said["exposure"] == "auto"
            self._ask(capture, "exposure", cv2.CAP_PROP_AUTO_EXPOSURE, _AUTOMATIC if automatic else _MANUAL)
            if not automatic:
                self._ask(capture, "exposure", cv2.CAP_PROP_EXPOSURE, round(said["exposure"] * _MS))
        if "gain" in said:
            self._ask(capture, "gain", cv2.CAP_PROP_GAIN, said["gain"])
        if "focus" in said:
            self._ask(capture, "focus", cv2.CAP_PROP_AUTOFOCUS, float(said["focus"] == "auto"))
            if said["focus"] != "auto":
                self._ask(capture, "focus", cv2.CAP_PROP_FOCUS, said["focus"])

    def _ask(self, capture: Any, key: str, setting: int, value: float) -> None:
        """Sets one thing; a camera takes the nearest it has, or nothing, and says neither."""
        capture.set(setting, value)
        if round(found := capture.get(setting)) != round(value):
            got = _letters(int(found)) if key == "format" else f"{found:g}"
            want = _letters(int(value)) if key == "format" else f"{value:g}"
            logger.warning("%s: does not take %s %s; it stays at %s", self._name, key, want, got)


def _letters(code: int) -> str:
    letters = bytes(code >> shift & 0xFF for shift in (0, 8, 16, 24))
    return letters.decode("ascii", "replace") if all(32 <= each < 127 for each in letters) else str(code)
