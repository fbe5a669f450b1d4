"""The Raspberry Pi's camera through picamera2.

One process at a time can have the camera, and one object in it. ``Picamera2.capture_array`` waits with a time-out here;
opening, starting and closing have none, so a thread that hangs in them is left to ``LiveCapture``, which gives up the
process. A camera that timed out is closed in its own thread, which is what picamera2 asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import TimeoutError as WaitedTooLongError
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edge_runtime.errors import SourceError
from edge_runtime.opencv_library import load_opencv
from edge_runtime.sources.base import ConfiguredConnection, Recovery
from edge_runtime.sources.cameras.orientation import ORIENTATION_OPTIONS, Orientation
from edge_runtime.sources.cameras.sensor import choose_mode, usual_size
from edge_runtime.sources.options import SourceOption, number_option, size_option

_US_PER_MS = 1000
_US_PER_S = 1_000_000
_USUAL_DURATION = 33_333  # picamera2's own for a video, in microseconds


class PiCameraConnection(ConfiguredConnection):
    """Reads ``picamera2:NUMBER``."""

    OPTIONS: ClassVar[tuple[SourceOption, ...]] = (
        size_option("size"),
        size_option("lores"),
        size_option("mode"),
        number_option("fps", 0.01, 1000),
        *ORIENTATION_OPTIONS,
        number_option("exposure", 0.01, 700_000, "auto"),
        number_option("gain", 1, 64, "auto"),
        number_option("focus", 0, 32, "auto"),
    )
    RECOVERY: ClassVar[Recovery] = Recovery(holds_device=True, attempts=3)

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        number = address.removeprefix("picamera2:") or "0"
        if not number.isdigit():
            raise SourceError(f"{address}: expected picamera2:NUMBER, for example picamera2:0")
        try:
            import libcamera
            from picamera2 import Picamera2
        except ImportError as error:
            raise SourceError(
                f"{address}: cannot import picamera2 ({error}); run: sudo apt install python3-picamera2, and make the "
                "environment with: python3 -m venv --system-site-packages"
            ) from error
        if "cancel_all_and_flush" not in vars(Picamera2):
            raise SourceError(
                f"{address}: this picamera2 is older than 0.3.22 and waits for a stalled camera for ever; run: "
                "sudo apt update && sudo apt full-upgrade"
            )
        self._name = address
        self._number = int(number)
        self._options = options
        self._libcamera = libcamera
        self._class = Picamera2
        self._orientation = Orientation.of(options)
        self._stream = "lores" if "lores" in options else "main"
        self._cv2 = load_opencv(f"{address}: lores") if "lores" in options else None
        self._camera: Any = None

    def open(self) -> None:
        """Starts the camera.

        Raises:
            SourceError: there is no such camera, another program has it, or it does not take an option.
        """
        try:
            self._camera = self._class(self._number)
            controls = self._controls()
            self._camera.configure(self._configuration(controls))
            self._camera.start()
        except (RuntimeError, IndexError, OSError) as error:
            raise SourceError(f"{self._name}: cannot be opened: {error}; does rpicam-hello show a picture?") from error

    def read(self) -> NDArray[np.uint8]:
        """The next frame.

        Raises:
            SourceError: none came in time.
        """
        patience = self._options["stall"]
        try:
            pixels: NDArray[np.uint8] = self._camera.capture_array(self._stream, wait=patience)
        except WaitedTooLongError as error:
            raise SourceError(f"{self._name}: no frame for {patience:g} s") from error
        if self._stream == "lores":
            pixels = self._rgb_of_yuv(pixels)
        return pixels if self._turns_in_hardware else self._orientation.apply(pixels)

    def close(self) -> None:
        """Frees the camera, also one that waits for a frame that never comes."""
        if self._camera is not None:
            self._camera.cancel_all_and_flush()
            self._camera.close()

    @property
    def _turns_in_hardware(self) -> bool:
        return self._orientation.rotate in (0, 180)

    def _configuration(self, controls: dict[str, Any]) -> Any:
        modes = self._camera.sensor_modes
        size = self._options.get("size") or usual_size(modes)
        mode = choose_mode(self._name, modes, size, self._options.get("fps"), self._options.get("mode"))
        # libcamera names formats by byte order in a little-endian word: "BGR888" arrives as R, G, B.
        main: dict[str, Any] = {"size": _even(size), "format": "BGR888"}
        said: dict[str, Any] = {"main": main, "controls": controls, "transform": self._transform()}
        if self._stream == "lores":
            main["size"] = _even((max(size[0], self._options["lores"][0]), max(size[1], self._options["lores"][1])))
            said["lores"] = {"size": _even(self._options["lores"]), "format": "YUV420"}
            said["colour_space"] = self._libcamera.ColorSpace.Smpte170m()  # what OpenCV takes YUV420 for
        if mode is not None:
            said["sensor"] = {"output_size": mode["size"], "bit_depth": mode["bit_depth"]}
        return self._camera.create_video_configuration(**said)

    def _transform(self) -> Any:
        if not self._turns_in_hardware:
            return self._libcamera.Transform()
        upside_down = self._orientation.rotate == 180
        return self._libcamera.Transform(
            hflip=int(self._orientation.hflip != upside_down), vflip=int(self._orientation.vflip != upside_down)
        )

    def _controls(self) -> dict[str, Any]:
        """What picamera2 is to set, by libcamera's names.

        Raises:
            SourceError: this camera has no such control.
        """
        said, controls, asked_by = self._options, dict[str, Any](), dict[str, str]()

        def ask(key: str, name: str, value: Any) -> None:
            controls[name], asked_by[name] = value, key

        if "fps" in said:
            ask("fps", "FrameDurationLimits", (round(_US_PER_S / said["fps"]),) * 2)
        if "exposure" in said:
            exposure = 0 if said["exposure"] == "auto" else round(said["exposure"] * _US_PER_MS)
            ask("exposure", "ExposureTime", exposure)
            if "fps" not in said and exposure > _USUAL_DURATION:  # a frame takes as long as its exposure
                ask("exposure", "FrameDurationLimits", (exposure, exposure))
        if "gain" in said:
            ask("gain", "AnalogueGain", 0.0 if said["gain"] == "auto" else said["gain"])
        if "focus" in said:
            focus = self._libcamera.controls.AfModeEnum
            ask("focus", "AfMode", focus.Continuous if said["focus"] == "auto" else focus.Manual)
            if said["focus"] != "auto":
                ask("focus", "LensPosition", said["focus"])
        for name, key in asked_by.items():
            if name not in self._camera.camera_controls:
                raise SourceError(f"{self._name}: this camera has no {name}; leave out the source option {key}")
        return controls

    def _rgb_of_yuv(self, planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        assert self._cv2 is not None
        rgb = self._cv2.cvtColor(planes, self._cv2.COLOR_YUV2RGB_I420)
        return np.ascontiguousarray(rgb[:, : _even(self._options["lores"])[0]])


def _even(size: tuple[int, int]) -> tuple[int, int]:
    """The size with even sides: libcamera takes no others."""
    return size[0] // 2 * 2 or 2, size[1] // 2 * 2 or 2
