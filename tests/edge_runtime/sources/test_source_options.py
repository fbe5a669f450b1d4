"""Options of a source: what is not taken is an error that says what is."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mjpeg_server import Camera, jpeg

from edge_runtime.console.child_process import console_script
from edge_runtime.errors import SourceOptionError
from edge_runtime.run.cli import main
from edge_runtime.sources import open_source
from edge_runtime.sources.cameras.picamera import PiCameraConnection
from edge_runtime.sources.cameras.rtsp import RtspConnection
from edge_runtime.sources.cameras.v4l2 import CameraConnection
from edge_runtime.sources.http.connection import HTTPConnection
from edge_runtime.sources.live import LIVE_OPTIONS, LiveSettings
from edge_runtime.sources.options import read_options, size_option, split_option
from edge_runtime.sources.registry import CONNECTIONS

CONNECTION_CLASSES = (PiCameraConnection, RtspConnection, CameraConnection, HTTPConnection)


@pytest.mark.parametrize("name", CONNECTIONS.names())
def test_every_live_source_says_what_it_takes(name: str) -> None:
    takes = [option.key for option in (*LIVE_OPTIONS, *CONNECTIONS.load(name).OPTIONS)]
    assert len(takes) == len(set(takes))
    with pytest.raises(SourceOptionError, match=f"no source option 'fsp'; it takes {', '.join(takes)}$"):
        open_source(f"{name}:0" if name in ("camera", "picamera2", "gstreamer") else f"{name}://h/", None, {"fsp": 1})


@pytest.mark.parametrize(
    ("text", "said", "error"),
    [
        ("camera:0", {"size": "1280"}, "camera:0: size=1280: expected size=WIDTHxHEIGHT"),
        ("camera:0", {"size": "0x480"}, "camera:0: size=0x480: expected size=WIDTHxHEIGHT"),
        ("camera:0", {"fps": "fast"}, "camera:0: fps=fast: expected fps=0.1..1000"),
        ("camera:0", {"fps": float("nan")}, "camera:0: fps=nan: expected fps=0.1..1000"),
        ("camera:0", {"format": "MJPEG"}, "expected format=MJPG, YUYV or another FOURCC"),
        ("camera:0", {"exposure": "bright"}, r"expected exposure=auto\|0\.1\.\.10000"),
        ("camera:0", {"rotate": 45}, r"camera:0: rotate=45: expected rotate=0\|90\|180\|270"),
        ("camera:0", {"hflip": "maybe"}, r"camera:0: hflip=maybe: expected hflip=true\|false"),
        ("rtsp://me:secret@h/", {"stall": 0}, r"^rtsp://h/: stall=0: expected stall=0\.1\.\.86400"),
        ("photos/", {"size": "1x1"}, "photos/: no source option 'size'; this kind of source takes none"),
        ("-", {"stall": 1}, "-: no source option 'stall'; this kind of source takes none"),
    ],
)
def test_what_is_not_taken_is_an_error(text: str, said: dict[str, str], error: str) -> None:
    with pytest.raises(SourceOptionError, match=error):
        open_source(text, None, said)


def test_the_command_line_says_so_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "camera:0", "--source-option", "hflop"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("edge-run: camera:0: no source option 'hflop'; it takes stall, open, size, fps, format,")
    assert len(error) < 300
    done = subprocess.run(
        [*console_script("edge-run"), "sample", "camera:0", "--source-option", "=3"], capture_output=True
    )
    assert (done.returncode, b"'=3' is not KEY=VALUE" in done.stderr) == (2, True)


@given(st.text(max_size=20))
def test_any_text_is_a_size_or_one_error(text: str) -> None:
    try:
        size = read_options("x", {"size": text}, [size_option("size")])["size"]
    except SourceOptionError:
        return
    assert "x".join(map(str, size)) == "x".join(str(int(part)) for part in text.split("x"))


def test_a_switch_is_said_alone_or_with_a_value() -> None:
    assert split_option("hflip") == ("hflip", "")
    assert split_option("exposure=auto") == ("exposure", "auto")
    assert split_option("path=a=b") == ("path", "a=b")
    takes = CameraConnection.OPTIONS
    said = {"hflip": "", "vflip": False, "size": "640x480", "fps": 15, "focus": "auto", "format": "mjpg"}
    assert read_options("x", said, takes) == {
        "hflip": True, "vflip": False, "size": (640, 480), "fps": 15.0, "focus": "auto", "format": "MJPG",
    }  # fmt: skip


def test_stall_and_open_change_the_watchdog_and_an_interval_comes_on_top() -> None:
    settings = LiveSettings()
    changed = settings.with_options({"stall": 30.0, "open": 20.0})
    assert (changed.stall_seconds, changed.open_seconds) == (30.0, 20.0)
    assert settings.with_options({"interval": 60.0}).stall_seconds == settings.stall_seconds + 60.0
    assert settings.with_options({}) == settings


def test_a_snapshot_is_asked_for_as_often_as_was_said() -> None:
    with Camera([jpeg((0, 0, 255))]) as camera:
        source = open_source(camera.url("still"), LiveSettings(policy="every"), {"interval": 0.05})
        frames = iter(source)
        times = [next(frames).monotonic_ns for _ in range(5)]
        source.close()
    assert 0.19 <= (times[-1] - times[0]) / 1e9 < 4  # four intervals, instead of four seconds
