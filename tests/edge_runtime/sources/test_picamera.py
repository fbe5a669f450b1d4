"""The Raspberry Pi's camera, by a stand-in that fails as picamera2 does; and our calls against the real signatures."""

import ast
import importlib
import inspect
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from children import running
from needs import missing
from tiny_model import LABELS, write_tiny_model

import edge_runtime
from edge_runtime.console.child_process import console_script
from edge_runtime.contracts.results import Frame, SourceChange
from edge_runtime.errors import DeviceHeldError, SourceError
from edge_runtime.sources import open_source
from edge_runtime.sources.live import LiveSettings

STAND_INS = Path(__file__).parents[2] / "support" / "stand_ins"
QUICK = LiveSettings(policy="every", first_pause=0.01, longest_pause=0.02)
SOON = {"stall": 0.4, "open": 5}


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(STAND_INS))
    for name in ("libcamera", "picamera2"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module("picamera2")
    monkeypatch.setattr("edge_runtime.console.leaving.atexit.register", lambda _ends: None)  # pytest goes on
    yield module
    module.WORLD.mends_after = 0.0
    for thread in threading.enumerate():
        if thread.name.startswith("capture picamera2"):
            thread.join(10)
            assert not thread.is_alive()
    for name in ("libcamera", "picamera2"):
        sys.modules.pop(name, None)


def frames(options: dict[str, object] | None = None, count: int = 2) -> list[Frame]:
    source = open_source("picamera2:0", QUICK, options)
    try:
        return [item for item in islice(source, count) if isinstance(item, Frame)]
    finally:
        source.close()


def test_frames_are_rgb_of_the_whole_sensor_and_the_camera_is_freed(picamera2: ModuleType) -> None:
    first, second = frames()
    assert first.pixels.shape == (480, 640, 3)  # the sensor's own proportions
    np.testing.assert_array_equal(second.pixels[0, 0], (255, 0, 0))
    assert picamera2.WORLD.configured["sensor"] == {"output_size": (1640, 1232), "bit_depth": 10}
    assert picamera2.WORLD.calls == ["init", "start", "close in capture picamera2:0"]
    assert picamera2.WORLD.owner is None


@pytest.mark.parametrize(
    ("options", "shape", "sensor"),
    [
        ({"size": "1280x720"}, (720, 1280, 3), (1640, 1232)),
        ({"size": "2000x1500"}, (1500, 2000, 3), (3280, 2464)),
        ({"size": "639x479"}, (478, 638, 3), (1640, 1232)),
        ({"size": "640x480", "mode": "640x480"}, (480, 640, 3), (640, 480)),
        ({"size": "640x480", "rotate": 90}, (640, 480, 3), (1640, 1232)),
        ({"size": "1280x960", "lores": "318x240"}, (240, 318, 3), (1640, 1232)),
    ],
)
def test_sizes_and_modes(
    picamera2: ModuleType, options: dict[str, object], shape: tuple[int, int, int], sensor: tuple[int, int]
) -> None:
    (frame,) = frames(options, 1)
    assert frame.pixels.shape == shape
    assert frame.pixels.flags.c_contiguous
    assert frame.pixels[5, 5, 0] > 250
    assert frame.pixels[5, 5, 1:].max() < 5
    assert picamera2.WORLD.configured["sensor"]["output_size"] == sensor


@pytest.mark.parametrize(
    ("options", "flips"),
    [
        ({}, (0, 0)), ({"hflip": True}, (1, 0)), ({"rotate": 180}, (1, 1)), ({"rotate": 180, "hflip": "true"}, (0, 1)),
        ({"rotate": 270, "vflip": True}, (0, 0)),
    ],
)  # fmt: skip
def test_the_camera_itself_turns_pictures_by_half(
    picamera2: ModuleType, options: dict[str, object], flips: tuple[int, int]
) -> None:
    frames(options, 1)
    transform = picamera2.WORLD.configured["transform"]
    assert (transform.hflip, transform.vflip) == flips


@pytest.mark.parametrize(
    ("options", "controls"),
    [
        ({"fps": 15}, {"FrameDurationLimits": (66667, 66667)}),
        ({"exposure": 10}, {"ExposureTime": 10_000}),
        ({"exposure": 100}, {"ExposureTime": 100_000, "FrameDurationLimits": (100_000, 100_000)}),
        ({"exposure": "auto", "gain": "auto"}, {"ExposureTime": 0, "AnalogueGain": 0.0}),
        ({"gain": 2.5}, {"AnalogueGain": 2.5}),
        ({"focus": "auto"}, {"AfMode": 2}),
        ({"focus": "0.5"}, {"AfMode": 0, "LensPosition": 0.5}),
    ],
)
def test_controls_have_libcameras_names_and_units(
    picamera2: ModuleType, options: dict[str, object], controls: dict[str, object]
) -> None:
    frames(options, 1)
    assert picamera2.WORLD.configured["controls"] == controls


def test_a_rate_that_the_whole_sensor_does_not_have_is_said(
    picamera2: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    frames({"fps": 60}, 1)
    assert "the whole sensor gives 41.85 frames/s, not 60" in caplog.text
    assert picamera2.WORLD.configured["sensor"]["output_size"] == (1640, 1232)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": "800x600"}, "the sensor has no mode 800x600; it has 1640x1232, 1920x1080, 3280x2464, 640x480"),
        ({"focus": 1}, "this camera has no AfMode; leave out the source option focus"),
    ],
)
def test_what_this_camera_does_not_take_is_an_error(
    picamera2: ModuleType, options: dict[str, object], said: str
) -> None:
    picamera2.WORLD.lacks = ("AfMode", "LensPosition")
    with pytest.raises(SourceError, match=said):
        frames(options)
    assert picamera2.WORLD.owner is None


def test_a_stalled_camera_is_closed_in_its_thread_and_opened_again(picamera2: ModuleType) -> None:
    picamera2.WORLD.stalls_after, picamera2.WORLD.mends_after = 2, 0.5
    source = open_source("picamera2:0", QUICK, SOON)
    start = time.monotonic()
    assert len(list(islice(source, 5))) == 5
    assert time.monotonic() - start < 10
    source.close()
    assert source.counts.reconnects >= 1
    assert set(picamera2.WORLD.calls) == {"init", "start", "close in capture picamera2:0"}


@pytest.mark.parametrize("call", ["open", *(pytest.param(call, marks=pytest.mark.slow) for call in ("start", "close"))])
def test_a_driver_that_hangs_ends_the_run_with_a_clear_last_word(picamera2: ModuleType, call: str) -> None:
    picamera2.WORLD.hangs_in, picamera2.WORLD.stalls_after = call, 2
    source = open_source("picamera2:0", QUICK, {"stall": 0.4, "open": 0.4})
    told: list[SourceChange] = []
    source.tell = told.append
    with pytest.raises(DeviceHeldError, match=r"picamera2:0: no frame for too long.*only a new process can free it"):
        list(source)
    assert [change.kind for change in told] == ["source_lost"]
    source.close()


@pytest.mark.parametrize("trouble", ["unplugged", "busy"])
def test_a_camera_that_is_not_to_be_had_again_ends_the_run(picamera2: ModuleType, trouble: str) -> None:
    source = open_source("picamera2:0", QUICK, SOON)
    frames = iter(source)
    next(frames)
    picamera2.WORLD.stalls_after = 0
    picamera2.WORLD.connected, picamera2.WORLD.busy = trouble != "unplugged", trouble == "busy"
    picamera2.WORLD.stalled_since = time.monotonic()
    said = {"unplugged": "No camera number 0 found", "busy": "Camera __init__ sequence did not complete"}[trouble]
    with pytest.raises(DeviceHeldError, match=f"{said}.*not to be had again in 3 attempts"):
        list(frames)
    source.close()
    assert source.counts.reconnects == 3


def test_a_camera_that_is_not_there_is_named(picamera2: ModuleType) -> None:
    picamera2.WORLD.connected = False
    with pytest.raises(SourceError, match=r"picamera2:0: cannot be opened: No camera number 0.*rpicam-hello"):
        frames()


def test_a_refused_import_names_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libcamera", None)
    with pytest.raises(SourceError, match=r"apt install python3-picamera2.*system-site-packages"):
        open_source("picamera2:")


@pytest.mark.usefixtures("picamera2")
def test_an_old_picamera2_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("picamera2.Picamera2.cancel_all_and_flush")
    with pytest.raises(SourceError, match=r"older than 0\.3\.22.*full-upgrade"):
        open_source("picamera2:")


@pytest.fixture(scope="module")
def real_source(tmp_path_factory: pytest.TempPathFactory) -> ast.ClassDef:
    """The class of the real package, parsed: importing it needs libcamera."""
    folder = tmp_path_factory.mktemp("picamera2")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(folder)]
    if subprocess.run([*command, "picamera2>=0.3.22"], stderr=subprocess.DEVNULL).returncode != 0:
        missing("picamera2", "picamera2 cannot be had from the package registry")
    (wheel,) = folder.glob("picamera2-*.whl")
    module = ast.parse(zipfile.ZipFile(wheel).read("picamera2/picamera2.py"))
    return next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "Picamera2")


def test_the_stand_in_has_the_signatures_of_the_real_library(real_source: ast.ClassDef, picamera2: ModuleType) -> None:
    real = {node.name: node for node in real_source.body if isinstance(node, ast.FunctionDef)}  # the last overload
    own = {
        name: value
        for name, value in vars(picamera2.Picamera2).items()
        if not name.startswith("_") or name == "__init__"
    }
    for name, value in own.items():
        if isinstance(value, property):
            assert "property" in ast.unparse(real[name].decorator_list[0])
        else:
            taken = [argument.arg for argument in real[name].args.args]
            assert list(inspect.signature(value).parameters) == taken, name


def test_every_call_of_ours_is_one_that_the_real_library_has(real_source: ast.ClassDef) -> None:
    real = {node.name: node for node in real_source.body if isinstance(node, ast.FunctionDef)}
    path = Path(edge_runtime.__file__).parent / "sources" / "cameras" / "picamera.py"
    used = {
        node.attr: node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self._camera"
    }
    assert set(used) <= set(real)
    assert set(used) == {
        "camera_controls", "cancel_all_and_flush", "capture_array", "close", "configure", "create_video_configuration",
        "sensor_modes", "start",
    }  # fmt: skip


class TestProcess:
    """edge-run with a camera that hangs, as systemd sees it."""

    @pytest.fixture
    def command(self, tmp_path: Path) -> list[str]:
        (tmp_path / "labels.txt").write_text("\n".join(LABELS))
        model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
        return [*console_script("edge-run"), str(model), "picamera2:", "--labels", str(tmp_path / "labels.txt")]

    @pytest.fixture
    def environment(self, tmp_path: Path) -> dict[str, str]:
        path = os.pathsep.join([str(STAND_INS), os.environ.get("PYTHONPATH", "")])
        return os.environ | {"PYTHONPATH": path, "EDGE_STAND_IN_CAMERA": str(tmp_path / "camera.json")}

    def test_one_that_hangs_ends_and_the_next_one_has_the_camera(
        self, command: list[str], environment: dict[str, str], tmp_path: Path
    ) -> None:
        (tmp_path / "camera.json").write_text(json.dumps({"stalls_after": 3, "hangs_in": "close"}))
        done = subprocess.run(
            [*command, "--source-option", "stall=1"], env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1
        assert done.stdout.startswith('{"schema"')
        assert done.stderr.endswith("only a new process can free it; systemd starts a service anew by itself\n")
        with running(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert json.loads(process.stdout.readline())["categories"][0]["label"] == "red"
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        assert process.returncode == 130

    def test_a_stop_does_not_wait_for_a_driver_that_hangs(
        self, command: list[str], environment: dict[str, str], tmp_path: Path
    ) -> None:
        (tmp_path / "camera.json").write_text(json.dumps({"stalls_after": 1}))
        command += ["--source-option", "stall=3600"]
        with running(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout.readline().startswith(b"{")
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=60)  # the stall would last an hour
        assert (process.returncode, rest) == (130, b"")
