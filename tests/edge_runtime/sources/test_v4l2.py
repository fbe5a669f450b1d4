"""USB cameras, by a stand-in at OpenCV's seam: options, unplugging, stalls."""

import logging
import time
from itertools import islice

import cv2
import numpy as np
import pytest
from cv2_camera import Bus, Device

from edge_runtime.contracts.results import Frame
from edge_runtime.errors import DeviceHeldError, SourceError
from edge_runtime.sources import open_source
from edge_runtime.sources.cameras.orientation import Orientation
from edge_runtime.sources.live import LiveSettings

FRONT = "/dev/v4l/by-id/usb-046d_C270-video-index0"
QUICK = LiveSettings(policy="every", first_pause=0.01, longest_pause=0.02)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    bus = Bus({0: Device(), FRONT: Device((0, 255, 0))})
    monkeypatch.setattr("cv2.VideoCapture", bus.capture)
    return bus


def frames(text: str, options: dict[str, object] | None = None, count: int = 1) -> list[Frame]:
    source = open_source(text, QUICK, options)
    try:
        return list(islice(source, count))
    finally:
        source.close()


@pytest.mark.parametrize(
    ("text", "place", "color"),
    [("camera:", 0, 0), ("camera:0", 0, 0), (f"camera:{FRONT}", FRONT, 1), (FRONT, FRONT, 1)],
)
def test_a_camera_has_a_number_or_a_path(bus: Bus, text: str, place: int | str, color: int) -> None:
    (frame,) = frames(text)
    assert bus.opened == [(place, cv2.CAP_V4L2)]
    assert frame.source == (text if text.startswith("camera:") else f"camera:{text}")
    assert frame.pixels[20, 20].argmax() == color


def test_options_are_set_format_first(bus: Bus) -> None:
    said = {"fps": 15, "size": "160x120", "format": "mjpg", "exposure": 12.5, "gain": 3, "focus": 40}
    (frame,) = frames("camera:0", said)
    assert frame.pixels.shape == (120, 160, 3)
    assert bus.settings == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")), (cv2.CAP_PROP_FRAME_WIDTH, 160),
        (cv2.CAP_PROP_FRAME_HEIGHT, 120), (cv2.CAP_PROP_FPS, 15.0), (cv2.CAP_PROP_AUTO_EXPOSURE, 1),
        (cv2.CAP_PROP_EXPOSURE, 125), (cv2.CAP_PROP_GAIN, 3.0), (cv2.CAP_PROP_AUTOFOCUS, 0.0),
        (cv2.CAP_PROP_FOCUS, 40.0),
    ]  # fmt: skip


def test_auto_is_the_cameras_own(bus: Bus) -> None:
    frames("camera:0", {"exposure": "auto", "focus": "auto"})
    assert bus.settings == [(cv2.CAP_PROP_AUTO_EXPOSURE, 3), (cv2.CAP_PROP_AUTOFOCUS, 1.0)]


def test_what_the_camera_does_otherwise_is_said(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    bus.devices[0] = Device(
        keeps={cv2.CAP_PROP_FRAME_WIDTH: 96, cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"YUYV")},
        lacks=(cv2.CAP_PROP_AUTOFOCUS,),
    )
    with caplog.at_level(logging.WARNING):
        (frame,) = frames("camera:0", {"size": "160x48", "format": "MJPG", "focus": "auto"})
    assert frame.pixels.shape == (48, 96, 3)
    assert caplog.messages == [
        "camera:0: does not take format MJPG; it stays at YUYV",
        "camera:0: does not take size 160; it stays at 96",
        "camera:0: does not take focus 1; it stays at -1",
    ]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("vflip", [False, True])
def test_pictures_are_turned_and_mirrored_as_opencv_does_it(rotate: int, hflip: bool, vflip: bool) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    codes = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    expected = cv2.rotate(pixels, codes[rotate]) if rotate else pixels
    expected = cv2.flip(expected, 1) if hflip else expected
    expected = cv2.flip(expected, 0) if vflip else expected
    turned = Orientation(rotate, hflip, vflip).apply(pixels)
    np.testing.assert_array_equal(turned, expected)
    assert turned.flags.c_contiguous


def test_one_that_was_unplugged_is_found_again_by_its_name(bus: Bus) -> None:
    source = open_source(f"camera:{FRONT}", QUICK)
    found = iter(source)
    next(found)
    del bus.devices[FRONT]
    bus.devices[1] = Device()  # the number that it had is another's now

    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:  # however long it takes
            bus.devices[FRONT] = Device((0, 0, 255))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source._closed, "wait", pause)
        assert any(frame.pixels[20, 20].argmax() == 2 for frame in islice(found, 100))
    assert source.counts.reconnects == len(pauses) == 4
    source.close()


def test_a_stalled_camera_is_freed_and_opened_again(bus: Bus) -> None:
    source = open_source("camera:0", QUICK, {"stall": 0.5})
    found = iter(source)
    next(found)
    bus.devices[0].is_stalled = True
    attempts = len(bus.opened)

    def wake_up(_pause: float) -> None:
        bus.devices[0].is_stalled = False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source._closed, "wait", wake_up)
        list(islice(found, 20))  # those that had come before, and some after
    assert source.counts.reconnects == 1
    assert len(bus.opened) == attempts + 1
    source.close()


def test_a_driver_that_hangs_ends_the_run(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_runtime.console.leaving.atexit.register", lambda _ends: None)
    bus.select_seconds = 8.0  # an OpenCV that was told to wait longer, or a driver that does not answer
    source = open_source("camera:0", QUICK, {"stall": 0.3})
    found = iter(source)
    next(found)
    bus.devices[0].is_stalled = True
    with pytest.raises(DeviceHeldError, match=r"camera:0: no frame for too long.*only a new process can free it"):
        list(found)
    source.close()


@pytest.mark.parametrize("text", ["camera:1", "camera:/dev/video9"])
def test_one_that_is_not_there_or_in_use_is_an_error_with_advice(bus: Bus, text: str) -> None:
    bus.devices[1] = Device(owner=object())
    with pytest.raises(SourceError, match=f"{text}: cannot be opened; is it connected, not in use by another program"):
        frames(text)


def test_a_slow_decoder_gets_new_pictures_and_the_others_are_dropped(bus: Bus) -> None:
    bus.devices[0] = Device(rate=25.0, decoding=0.1)
    source = open_source("camera:0", LiveSettings())
    found = iter(source)
    next(found)
    start = bus.devices[0].owner._started
    ages = []
    for frame in islice(found, 15):
        red, green, blue = (int(value) for value in frame.pixels[0, 0])
        taken = start + (blue << 16 | green << 8 | red) / 1000
        true_age = time.monotonic() - taken
        ages.append(true_age)
        assert abs(true_age - (time.monotonic_ns() - frame.monotonic_ns) / 1e9) < 0.15
    source.close()
    assert sorted(ages)[len(ages) // 2] < 0.2  # of which decoding is 0.1; four buffers hold 0.16 more
    assert source.counts.dropped >= 15
