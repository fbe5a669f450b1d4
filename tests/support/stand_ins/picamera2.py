# ruff: noqa: ARG002 - the arguments are those of the real library
"""Stands for picamera2, with its failures; a camera that sees nothing but red.

Each behaviour was read from picamera2 0.3.38, in the file named beside it. What goes wrong stands in ``WORLD``, in the
process itself or, for a child process, in the JSON file that EDGE_STAND_IN_CAMERA names.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
from collections import deque
from concurrent.futures import CancelledError, Future, TimeoutError  # noqa: A004 - __init__.py hands on this one
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

__all__ = ["WORLD", "Picamera2", "TimeoutError"]

_RGB = (255, 0, 0)
_LAYOUTS = {"BGR888": _RGB, "RGB888": _RGB[::-1]}  # request.py, _make_array_shared: bytes as libcamera lays them out
_WHOLE, _MIDDLE = (0, 0, 3280, 2464), (1000, 752, 1280, 960)


def _mode(width: int, height: int, crop: tuple[int, int, int, int], fps: float, depth: int = 10) -> dict[str, object]:
    return {"format": f"SRGGB{depth}", "size": (width, height), "crop_limits": crop, "fps": fps, "bit_depth": depth}


@dataclass
class World:
    """The camera on the connector, and what is wrong with it.

    Attributes:
        connected: whether the connector has a camera.
        stalls_after: frames until no further one comes, once; None for never.
        hangs_in: calls that do not return, once a stall has begun: "close", or at once: "open", "start".
        mends_after: seconds after which a stall or a hang is over; None for never.
        busy: another process has the camera.
    """

    connected: bool = True
    stalls_after: int | None = None
    hangs_in: str = ""
    mends_after: float | None = None
    busy: bool = False
    interval: float = 0.01
    lacks: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)
    configured: dict[str, object] = field(default_factory=dict)
    owner: object | None = None
    stalled_since: float | None = None

    def is_stalled(self) -> bool:
        return self.stalled_since is not None and not (
            self.mends_after is not None and time.monotonic() - self.stalled_since > self.mends_after
        )

    def hang(self, call: str) -> None:
        """Does not return from ``call`` while it hangs there."""
        if call == self.hangs_in and call != "close" and self.stalled_since is None:
            self.stalled_since = time.monotonic()
        while call == self.hangs_in and self.is_stalled():
            time.sleep(0.01)


def _world() -> World:
    script = Path(os.environ.get("EDGE_STAND_IN_CAMERA", ""))
    if not script.is_file():
        return World()
    said = json.loads(script.read_text())
    script.unlink()  # what is wrong is wrong once: the next process finds a camera that works
    return World(**said)


WORLD = _world()


class _Job:
    """job.py: a Future that the event loop's thread fulfils."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.future: Future[np.ndarray] = Future()


class Picamera2:
    def __init__(self, camera_num: int = 0, verbose_console=None, tuning=None, allocator=None) -> None:
        WORLD.calls.append("init")
        WORLD.hang("open")
        self.is_open = False
        if not WORLD.connected or camera_num > 0:  # picamera2.py, __init__
            raise RuntimeError(
                f'No camera number {camera_num} found - use "rpicam-hello --list-cameras" to check connected cameras'
            )
        if WORLD.busy or WORLD.owner is not None:  # picamera2.py, _open_camera: camera.acquire() throws
            raise RuntimeError("Camera __init__ sequence did not complete.")
        WORLD.owner = self
        self.is_open = True
        self.started = False
        self.lock = threading.Lock()
        self._jobs: deque[_Job] = deque()
        self._completed = False  # picamera2.py, process_requests: one completed request is kept, with queue=True
        self._frames = 0
        self._abort = threading.Event()
        atexit.register(self.close)  # picamera2.py, __init__

    @property
    def camera_controls(self) -> dict[str, tuple[object, object, object]]:
        names = ("AfMode", "AnalogueGain", "ExposureTime", "FrameDurationLimits", "LensPosition", "ScalerCrop")
        return {name: (0, 1, 0) for name in names if name not in WORLD.lacks}

    @property
    def sensor_modes(self) -> list[dict[str, object]]:  # picamera2.py: of an IMX219, as its driver tells them
        return [
            _mode(640, 480, _MIDDLE, 206.65), _mode(1640, 1232, _WHOLE, 41.85),
            _mode(1920, 1080, (680, 692, 1920, 1080), 47.57), _mode(3280, 2464, _WHOLE, 21.19),
            _mode(1640, 1232, _WHOLE, 41.85, 8),
        ]  # fmt: skip

    def create_video_configuration(
        self, main={}, lores=None, raw={}, transform=None, colour_space=None, buffer_count=6, controls={},  # noqa: B006
        display="main", encode="main", queue=True, sensor={}, use_case="video",  # noqa: B006
    ) -> dict[str, object]:  # fmt: skip
        for stream in (main, lores or {}):
            for key in stream:  # picamera2.py, _make_initial_stream_config
                if key not in ("format", "size", "stride", "preserve_ar"):
                    raise ValueError(f"Bad key {key!r}: valid stream configuration keys are")
        return {
            "main": main, "lores": lores, "transform": transform, "colour_space": colour_space, "sensor": sensor,
            "controls": controls,
        }  # fmt: skip

    def configure(self, camera_config: dict[str, object]) -> None:
        if self.started:  # picamera2.py, configure_
            raise RuntimeError("Camera must be stopped before configuring")
        for name in ("main", "lores"):  # picamera2.py, check_stream_config and check_camera_config
            stream = camera_config[name]
            if stream is not None and (stream["size"][0] % 2 or stream["size"][1] % 2):
                raise RuntimeError("width and height should be even")
        if camera_config["lores"] is not None and camera_config["lores"]["size"] > camera_config["main"]["size"]:
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        if set(camera_config["sensor"] or {}) - {"bit_depth", "output_size"}:
            raise RuntimeError("Unexpected keys in sensor configuration")
        for name in camera_config["controls"]:  # controls.py, __setattr__
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self._configuration = WORLD.configured = camera_config

    def start(self, config=None, show_preview=False) -> None:
        WORLD.calls.append("start")
        WORLD.hang("start")
        self.started = True
        self._loop = threading.Thread(target=self._process_requests, daemon=True)  # previews/null_preview.py
        self._loop.start()

    def capture_array(self, name="main", wait=None, signal_function=None) -> np.ndarray:
        """picamera2.py, dispatch_functions: a number is a time-out; None and True wait for ever."""
        job = _Job(name)
        with self.lock:
            self._jobs.append(job)
        return job.future.result(None if wait in (None, True) else wait)

    def cancel_all_and_flush(self) -> None:  # picamera2.py
        with self.lock:
            for job in self._jobs:
                job.future.set_exception(CancelledError())
            self._jobs.clear()

    def close(self) -> None:  # picamera2.py: stop_preview joins the loop's thread, stop() waits for the driver
        atexit.unregister(self.close)
        if not self.is_open:
            return
        WORLD.calls.append(f"close in {threading.current_thread().name}")
        WORLD.hang("close")
        self._abort.set()
        if self.started:
            self._loop.join()
        self.is_open = self.started = False
        WORLD.owner = None

    def _process_requests(self) -> None:
        """picamera2.py, process_requests: a frame goes to the job that has waited longest, given up or not."""
        while not self._abort.wait(WORLD.interval):
            if WORLD.stalled_since is None and self._frames == WORLD.stalls_after:
                WORLD.stalled_since = time.monotonic()
            if WORLD.is_stalled() or not WORLD.connected:
                continue
            self._frames += 1
            with self.lock:
                if self._jobs:
                    job = self._jobs.popleft()
                    job.future.set_result(self._array(job.name))

    def _array(self, name: str) -> np.ndarray:
        stream = self._configuration[name]
        width, height = stream["size"]
        if stream["format"] == "YUV420":  # request.py, _make_array_shared: planes one below the other, rows padded
            stride = -(-width // 64) * 64
            planes = np.full((height * 3 // 2, stride), 128, np.uint8)
            planes[:height] = 81  # with the next two: red in BT.601
            planes[height : height + height // 4] = 90
            planes[height + height // 4 :] = 240
            return planes
        return np.full((height, width, 3), _LAYOUTS[stream["format"]], np.uint8)
