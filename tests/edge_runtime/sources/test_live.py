"""Live sources as a camera user meets them: streams that end, hang and come back, and libraries that block."""

import base64
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from children import running
from mjpeg_server import Camera, jpeg
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.results import Frame, FrameFailure
from edge_runtime.errors import SourceError
from edge_runtime.sources.live import LiveSettings
from edge_runtime.sources.live.capture import LiveCapture
from edge_runtime.sources.registry import CONNECTIONS, open_source

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
EVERY = LiveSettings(policy="every", open_seconds=60, stall_seconds=60, first_pause=0.01, longest_pause=0.02)
IMPATIENT = replace(EVERY, stall_seconds=0.3)  # for streams that hang: on a busy machine it also gives up others


def colors(items: list[Frame | FrameFailure]) -> list[str]:
    return [LABELS[int(item.pixels[24, 32].argmax())] if isinstance(item, Frame) else "failed" for item in items]


def take(source: LiveCapture, count: int) -> list[Frame | FrameFailure]:
    items = list(islice(source, count))
    source.close()
    return items


@pytest.mark.parametrize("with_length", [True, False], ids=["with length", "without length"])
def test_a_stream_is_read_in_order_and_as_rgb(with_length: bool) -> None:
    with Camera([jpeg(RED), jpeg(GREEN), jpeg(BLUE)], "hang", with_length=with_length) as camera:
        items = take(open_source(camera.url(), EVERY), 3 if with_length else 2)
    assert colors(items) == ["red", "green", "blue"][: len(items)]
    assert [item.index for item in items] == list(range(len(items)))
    assert all(item.source == camera.url() and item.captured_ns > 0 and item.capture_ns > 0 for item in items)


def test_a_snapshot_is_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_runtime.sources.http.connection.SNAPSHOT_SECONDS", 0.01)
    with Camera([jpeg(BLUE)]) as camera:
        assert colors(take(open_source(camera.url("still"), EVERY), 3)) == ["blue"] * 3
        assert camera.requests >= 3


def test_a_stream_that_ends_is_connected_to_again() -> None:
    with Camera([jpeg(RED), jpeg(GREEN)], "end") as camera:
        source = open_source(camera.url(), EVERY)
        items = take(source, 6)
    assert colors(items) == ["red", "green"] * 3
    assert [item.index for item in items] == [0, 1, 2, 3, 4, 5]
    assert source.counts.reconnects == 2


def test_a_stream_that_hangs_is_replaced_by_the_watchdog() -> None:
    with Camera([jpeg(RED)], "hang") as camera:
        source = open_source(camera.url(), IMPATIENT)
        assert colors(take(source, 3)) == ["red"] * 3
        assert source.counts.reconnects >= 2


def test_a_server_that_goes_away_and_comes_back_with_another_size(caplog: pytest.LogCaptureFixture) -> None:
    camera = Camera([jpeg(RED)], "hang")
    with camera:
        source = open_source(camera.url(), IMPATIENT)
        frames = iter(source)
        assert next(frames).pixels.shape == (48, 64, 3)
    with Camera([jpeg(GREEN, (160, 120))], "hang", port=camera.server_port):
        assert next(frames).pixels.shape == (120, 160, 3)
        source.close()
    assert "connecting again" in caplog.text


def test_a_damaged_picture_is_a_failed_frame_and_the_stream_goes_on() -> None:
    with Camera([jpeg(RED), b"no picture", jpeg(BLUE)], "hang") as camera:
        source = open_source(camera.url(), EVERY)
        items = take(source, 3)
    assert colors(items) == ["red", "failed", "blue"]
    assert source.counts.produced == 3


def test_latest_hands_out_the_newest_and_counts_the_rest() -> None:
    taken, made, end = threading.Event(), threading.Event(), threading.Event()

    class Burst:
        """Gives one frame; when that is taken nine at once; then nothing."""

        number = 0

        def open(self) -> None: ...

        def close(self) -> None: ...

        def read(self) -> np.ndarray:
            if self.number == 1:
                taken.wait()
            if self.number == 10:
                made.set()
                end.wait()
            self.number += 1
            return np.full((2, 2, 3), self.number, np.uint8)

    source = LiveCapture("burst:", Burst, LiveSettings(stall_seconds=60))
    frames = iter(source)
    assert next(frames).index == 0
    taken.set()
    made.wait()
    newest = next(frames)
    assert (newest.index, newest.pixels[0, 0, 0]) == (9, 10)
    end.set()
    source.close()
    assert (source.counts.produced, source.counts.dropped) == (10, 8)


def test_a_library_that_blocks_for_ever_is_left_behind() -> None:
    release = threading.Event()
    opened = []

    class Blocking:
        def open(self) -> None:
            opened.append(self)

        def read(self) -> np.ndarray:
            if not getattr(self, "given", False):
                self.given = True
                return np.full((2, 2, 3), len(opened), np.uint8)
            release.wait()
            raise SourceError("released")

        def close(self) -> None:
            self.closed = True

    source = LiveCapture("blocking:", Blocking, IMPATIENT)
    items = take(source, 3)
    assert [item.pixels[0, 0, 0] for item in items] == [1, 2, 3]
    release.set()
    for thread in threading.enumerate():
        if thread.name == "capture blocking:":
            thread.join(10)
            assert not thread.is_alive()
    assert all(connection.closed for connection in opened)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "camera:17"])
def test_a_first_connection_that_fails_is_an_error_that_names_it(address: str) -> None:
    with pytest.raises(SourceError, match=re.escape(address)):
        next(iter(open_source(address, EVERY)))


def test_what_is_no_picture_is_refused() -> None:
    with Camera([b""]) as camera, pytest.raises(SourceError, match="gives text/html"):
        next(iter(open_source(camera.url("page"), EVERY)))


def test_an_announced_length_is_bounded() -> None:
    class Part(bytes):
        def __len__(self) -> int:
            return 1 << 40

    with Camera([jpeg(RED)], "hang") as camera:
        camera.parts = [Part(jpeg(RED))]
        with pytest.raises(SourceError, match=r"1099511627776 bytes; the limit"):
            next(iter(open_source(camera.url(), EVERY)))


def test_a_password_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    for address in ("http://me:secret@127.0.0.1:9/", "http://me:secret@127.0.0.1/", "rtsp://me:secret@127.0.0.1:9/"):
        with pytest.raises(SourceError) as caught:
            next(iter(open_source(address, EVERY)))
        assert "secret" not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    "address", ["ftp://host/stream", "camera:front", "picamera2:x", "nothing://x", "http://[::1/x"]
)
def test_addresses_that_mean_nothing_are_refused(address: str) -> None:
    with pytest.raises(SourceError, match=r"source|expected|no address"):
        open_source(address)


@pytest.mark.parametrize(
    "wrong", [{"policy": "some"}, {"stall_seconds": 0}, {"first_pause": 0}, {"first_pause": 2, "longest_pause": 1}]
)
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        LiveSettings(**wrong)


def test_connecting_leaves_no_trace_in_the_environment() -> None:
    for address in ("camera:17", "rtsp://127.0.0.1:9/"):
        with pytest.raises(SourceError):
            next(iter(open_source(address, EVERY)))
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ  # it would cost a video file its first frame


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., list[str]]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))

    def build(source: str, *extra: str) -> list[str]:
        labels = str(tmp_path / "labels.txt")
        return [*console_script("edge-run"), str(model), source, "--labels", labels, *extra]

    return build


def test_edge_run_follows_a_stream_until_it_is_stopped(command: Callable[..., list[str]]) -> None:
    with (
        Camera([jpeg(RED), jpeg(GREEN), jpeg(BLUE)], "repeat") as camera,
        running(command(camera.url()), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        lines = [json.loads(process.stdout.readline()) for _ in range(5)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert all(line["categories"][0]["label"] in LABELS and line["age_ms"] >= 0 for line in lines)
    frames = [line["frame"] for line in lines]
    assert frames == sorted(set(frames))
    assert b"frames captured" in err
    assert b"Traceback" not in err


def test_a_camera_that_was_away_is_told_and_leaves_a_gap_in_decisions(command: Callable[..., list[str]]) -> None:
    with (
        Camera([jpeg(RED)], "end") as camera,
        running(command(camera.url(), "--events", "--max-gap", "0.2"), stdout=subprocess.PIPE) as process,
    ):
        events = [line for line in islice(map(json.loads, process.stdout), 9) if "event" in line][:5]
    assert [(event["event"], event.get("reason")) for event in events] == [
        ("entered", None),
        ("source_lost", f"{camera.url()}: the stream ended"),
        ("source_back", None),
        ("left", "gap"),
        ("entered", None),
    ]
    assert all(event["source"] == camera.url() and event["captured_ns"] > 0 for event in events)


def test_a_camera_that_stays_away_is_told_once(command: Callable[..., list[str]], tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    with (
        Camera([jpeg(RED)], "end") as camera,
        running(command(camera.url(), "--sink", f"events:{events}"), stderr=subprocess.PIPE, text=True) as process,
    ):
        assert any("the stream ended" in line for line in process.stderr)
        camera.shutdown()
        camera.server_close()
        assert any("Connection refused; connecting again in" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        process.stderr.read()
    kinds = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert kinds[-1] == "source_lost"
    assert kinds.count("source_lost") == kinds.count("source_back") + 1


def test_max_fps_lets_every_frame_of_a_file_through(command: Callable[..., list[str]]) -> None:
    done = subprocess.run(command("synthetic:8x8:3", "--max-fps", "1000"), capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 3


def test_user_and_password_are_sent_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with Camera([jpeg(RED)], "hang") as camera:
        camera.password = "Basic " + base64.b64encode(b"me:s/cret").decode()
        address = camera.url().replace("http://", "http://me:s%2Fcret@")
        (frame,) = take(open_source(address, EVERY), 1)
        assert frame.source == camera.url()
        with pytest.raises(SourceError, match="cannot connect: Unauthorized"):
            next(iter(open_source(camera.url(), EVERY)))
    assert "cret" not in caplog.text


def test_a_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_runtime.sources.http.connection.PICTURE_SECONDS", 0.3)
    drops = b"no boundary\r\n" * 1_000_000
    with Camera([jpeg(RED) + b"\r\n" + drops], "hang", with_length=False) as camera:
        connection = CONNECTIONS.load("http")(camera.url(), {"stall": 0.1})
        connection.open()
        with pytest.raises(SourceError, match=r"no whole picture in|more than"):
            connection.read()
        connection.close()


def test_gstreamer_needs_an_opencv_that_has_it_and_says_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cv2.videoio_registry.hasBackend", lambda _backend: False)  # as in the registry's wheels
    with pytest.raises(SourceError, match=r"built without GStreamer; .*apt install python3-opencv"):
        open_source("gstreamer:videotestsrc")
    with pytest.raises(SourceError, match=r"expected gstreamer:PIPELINE"):
        open_source("gstreamer:")


def test_a_pipeline_gets_an_appsink_and_hides_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    class Capture:
        def __init__(self, pipeline: str, backend: int) -> None:
            opened.append((pipeline, backend))

        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
            return len(opened) == 1

        def get(self, _setting: int) -> float:
            return 0.0

        def grab(self) -> bool:
            return True

        def retrieve(self) -> tuple[bool, np.ndarray]:
            return True, np.full((48, 64, 3), RED[::-1], np.uint8)

        def release(self) -> None: ...

    monkeypatch.setattr("cv2.videoio_registry.hasBackend", lambda _backend: True)
    monkeypatch.setattr("cv2.VideoCapture", Capture)
    source = open_source("gstreamer:rtspsrc location=rtsp://me:secret@host/x ! decodebin", EVERY)
    (frame,) = take(source, 1)
    assert colors([frame]) == ["red"]
    assert "secret" not in frame.source
    pipeline, backend = opened[0]
    assert pipeline.startswith("rtspsrc location=rtsp://me:secret@host/x ! decodebin ! videoconvert ! ")
    assert "appsink drop=true" in pipeline
    assert backend == cv2.CAP_GSTREAMER
    with pytest.raises(SourceError, match=r"location=rtsp://host/x.*cannot be opened; does this show a picture"):
        next(iter(open_source("gstreamer:rtspsrc location=rtsp://me:secret@host/x ! appsink", EVERY)))
    assert opened[1][0] == (
        "rtspsrc location=rtsp://me:secret@host/x ! videoconvert ! video/x-raw,format=BGR ! appsink"
    )
    for pipeline in ("videotestsrc ! mysink. appsink name=mysink", "a ! appsink b ! appsink"):
        with pytest.raises(SourceError, match="expected one appsink, written as '! appsink'"):
            open_source(f"gstreamer:{pipeline}")
