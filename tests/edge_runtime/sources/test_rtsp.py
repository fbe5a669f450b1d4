"""RTSP from a real server that is killed, hangs, and comes back with another frame size."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rtsp_camera import RtspCamera

from edge_runtime.contracts.results import Frame
from edge_runtime.errors import SourceError
from edge_runtime.sources import open_source
from edge_runtime.sources.live import LiveSettings
from edge_runtime.sources.live.capture import LiveCapture

QUICK = LiveSettings(open_seconds=60, stall_seconds=3, first_pause=0.05, longest_pause=0.1)
COLORS = ("red", "green", "blue")


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    with RtspCamera() as camera:
        yield camera


def until(items: Iterator[object], found: Callable[[Frame], bool]) -> Frame:
    return next(item for item in items if isinstance(item, Frame) and found(item))


def color_of(frame: Frame) -> str:
    return COLORS[int(frame.pixels.mean(axis=(0, 1)).argmax())]


def count_open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def wait_for(condition: Callable[[], bool]) -> bool:
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow  # needs Debian's GStreamer, and waits
def test_killed_hung_and_back_with_another_size(camera: RtspCamera) -> None:
    open_files = count_open_files()
    camera.start("320x240", "red")
    source = open_source(camera.address, QUICK)
    assert isinstance(source, LiveCapture)
    frames = iter(source)
    first = until(frames, lambda frame: color_of(frame) == "red")
    assert first.pixels.shape == (240, 320, 3)
    assert first.source == camera.address

    camera.kill()
    camera.start("640x360", "green")
    frame = until(frames, lambda frame: frame.pixels.shape == (360, 640, 3))
    assert color_of(frame) == "green"
    assert frame.index > first.index

    camera.hang()
    reconnects = source.counts.reconnects
    hung = threading.Timer(QUICK.stall_seconds + 1, lambda: (camera.kill(), camera.start("160x120", "blue")))
    hung.start()
    frame = until(frames, lambda frame: frame.pixels.shape == (120, 160, 3))
    hung.join()
    assert color_of(frame) == "blue"
    assert source.counts.reconnects > reconnects

    source.close()
    camera.kill()
    assert wait_for(lambda: not [thread for thread in threading.enumerate() if "capture rtsp" in thread.name])
    assert wait_for(lambda: count_open_files() <= open_files)


def test_an_address_without_a_stream_is_an_error_that_names_it(camera: RtspCamera) -> None:
    camera.start("320x240")
    address = camera.address.replace("/camera", "/nothing")
    with pytest.raises(Exception, match=f"{address}: cannot be opened; is it up"):
        next(iter(open_source(address, QUICK)))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_both_transports_and_pictures_turned(camera: RtspCamera, transport: str) -> None:
    camera.start("320x240", "blue")
    source = open_source(camera.address, QUICK, {"transport": transport, "rotate": 90})
    frame = until(iter(source), lambda frame: color_of(frame) == "blue")
    source.close()
    assert frame.pixels.shape == (320, 240, 3)


def test_an_opening_that_hangs_blocks_no_other_stream_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, end = threading.Event(), threading.Event()

    def capture(address: str, *_: object) -> object:
        hanging.set()
        end.wait()
        raise SourceError(address)

    monkeypatch.setattr("cv2.VideoCapture", capture)
    first = threading.Thread(target=lambda: list(open_source("rtsp://127.0.0.1:9/a", replace(QUICK, open_seconds=1))))
    monkeypatch.setattr("threading.excepthook", lambda _error: None)
    first.start()
    hanging.wait()
    with pytest.raises(SourceError, match="/b: cannot be opened while the opening of another stream hangs"):
        next(iter(open_source("rtsp://127.0.0.1:9/b", QUICK, {"open": 0.6})))
    end.set()
    first.join()
