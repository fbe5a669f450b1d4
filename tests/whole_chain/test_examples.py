"""Each example runs, with a stand-in for what is not on this machine."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from children import running
from mjpeg_server import Camera, jpeg
from mosquitto import listener, running_broker, wait_for
from PIL import Image
from tiny_model import LABELS, write_packed_model

from edge_runtime.console.child_process import console_script
from trainer.augmentation.settings import read_augmentation

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PATIENCE_SECONDS = 60
HALF_TURN = 180
RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
PRESSES = """
import runpy, sys, threading
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

Device.pin_factory = MockFactory()
button, light = Device.pin_factory.pin(2), Device.pin_factory.pin(17)

def obey():
    for line in sys.stdin:
        {"press": button.drive_low, "release": button.drive_high, "look": look}[line.strip()]()

def look():
    print("light", int(light.state), flush=True)

threading.Thread(target=obey, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_packed_model(tmp_path / "model.tflite"))


@pytest.fixture
def choosy(tmp_path: Path) -> str:
    """A multi-label model whose thresholds even its bright frames do not reach."""
    return str(write_packed_model(tmp_path / "choosy.tflite", "multi-label", (1.0,) * len(LABELS)))


def run(name: str, *arguments: str) -> list[str]:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@contextmanager
def running_example(*command: str, folder: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    """A child process that finds the stand-ins, until the block ends."""
    path = os.pathsep.join([str(ROOT / "tests" / "support" / "stand_ins"), os.environ.get("PYTHONPATH", "")])
    with running(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
    ) as process:
        yield process


def write_clip(path: Path, *colors: tuple[int, int, int]) -> str:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for color in colors:
        writer.write(np.full((48, 64, 3), color[::-1], np.uint8))
    writer.release()
    return str(path)


def test_every_example_is_in_the_list_and_is_tested() -> None:
    listed = re.findall(r"\]\(([\w/.]+)\)", (EXAMPLES / "README.md").read_text())
    found = {path.name + "/" * path.is_dir() for path in EXAMPLES.iterdir()} - {"README.md", "__pycache__/"}
    assert found == set(listed)
    assert all(f'"{name.rstrip("/")}"' in Path(__file__).read_text() for name in found)


def test_five_lines(model: str, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), BLUE).save(tmp_path / "blue.png")
    assert run("five_lines.py", model, str(tmp_path / "blue.png")) == ["blue 1.00"]
    code = [
        line
        for line in (EXAMPLES / "five_lines.py").read_text().partition('"""\n\nimport sys\n')[2].splitlines()
        if line
    ]
    assert len(code) <= 5


def test_five_lines_where_nothing_reaches_its_threshold(choosy: str, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "black.png")
    assert run("five_lines.py", choosy, str(tmp_path / "black.png")) == ["no class reaches its threshold"]


def test_camera_events(model: str) -> None:
    with (
        Camera([jpeg(BLUE)], "repeat") as camera,
        running_example(str(EXAMPLES / "camera_events.py"), model, camera.url()) as process,
    ):
        assert re.fullmatch(r"frame \d+: blue entered\n", process.stdout.readline())


def test_asyncio_camera(model: str) -> None:
    with (
        Camera([jpeg(GREEN)], "repeat") as camera,
        running_example(str(EXAMPLES / "asyncio_camera.py"), model, camera.url()) as process,
    ):
        said: list[str] = []
        while sum("green" in line for line in said) < 3 or "the loop is free\n" not in said:
            said.append(process.stdout.readline())
            assert said[-1], said
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(PATIENCE_SECONDS) in (130, -signal.SIGINT)


def test_camera_events_and_asyncio_camera_where_nothing_reaches_its_threshold(choosy: str, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "dark.avi", BLACK, BLACK)
    assert run("camera_events.py", choosy, clip) == []
    assert set(run("asyncio_camera.py", choosy, clip)) <= {"the loop is free"}


@pytest.mark.parametrize(
    ("sees", "wanted", "answer", "light"),
    [("model", "red", "red 1.00", 1), ("model", "blue", "red 1.00", 0), ("choosy", "red", "-", 0)],
)
def test_button_and_led(request: pytest.FixtureRequest, sees: str, wanted: str, answer: str, light: int) -> None:
    model = request.getfixturevalue(sees)
    with running_example("-c", PRESSES, str(EXAMPLES / "button_and_led.py"), model, wanted) as process:
        assert process.stdout.readline() == "ready\n"
        for order, said in (("press", answer), ("look", f"light {light}")):
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{said}\n"


def test_own_source_is_found_and_its_seconds_are_those_of_the_clip(model: str, tmp_path: Path) -> None:
    package = tmp_path / "own_source-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: own-source\n")
    documented = (EXAMPLES / "own_source.py").read_text().split("pyproject.toml:\n\n")[1].partition("\n\n")[0]
    named = documented.replace('project.entry-points."edge_deploy_kit.sources"', "edge_deploy_kit.sources")
    (package / "entry_points.txt").write_text(re.sub('[ "]+', "", named))
    np.save(tmp_path / "clip.npy", np.full((10, 48, 64, 3), BLUE, np.uint8))
    command = [*console_script("edge-run"), model, "numpy:clip.npy", "--min-duration", "0.5", "--events"]
    path = os.pathsep.join([str(tmp_path), str(EXAMPLES)])
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum("event" not in line for line in lines) == 10
    assert [(line["event"], line["label"], line["frame"]) for line in lines if "event" in line] == [
        ("entered", "blue", 5)
    ]


def test_opencv_loop(model: str, tmp_path: Path) -> None:
    clip, labelled = write_clip(tmp_path / "clip.avi", RED, BLUE, GREEN), tmp_path / "labelled.avi"
    assert run("opencv_loop.py", model, clip, str(labelled)) == ["red 1.00", "blue 1.00", "green 1.00"]
    written = cv2.VideoCapture(str(labelled))
    frames = [written.read()[1] for _ in range(3)]
    written.release()
    for frame, color in zip(frames, (RED, BLUE, GREEN), strict=True):
        assert np.abs(frame[40, 60].astype(int) - color[::-1]).max() < 40
        assert np.abs(frame[10:35, 5:60].astype(int) - color[::-1]).max() > 60  # the label is drawn


def test_opencv_loop_where_nothing_reaches_its_threshold(choosy: str, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "dark.avi", BLACK)
    assert run("opencv_loop.py", choosy, clip, str(tmp_path / "labelled.avi")) == ["-"]


def test_opencv_loop_says_what_it_cannot_open(model: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "absent.mp4")
    command = [sys.executable, str(EXAMPLES / "opencv_loop.py"), model, missing]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"{missing}: OpenCV cannot open it"


def test_any_way_up() -> None:
    settings = read_augmentation(str(EXAMPLES / "any_way_up.toml"))
    assert settings.rotation == HALF_TURN, "to either side, so every direction is seen"
    assert settings.flip == "both"


def test_home_assistant(model: str, tmp_path: Path) -> None:
    folder = EXAMPLES / "home_assistant"
    text = (folder / "run.toml").read_text()
    assert 'source = "picamera2:"\n' in text
    assert "topic: home/bin/event\n" in (folder / "automation.yaml").read_text()
    with running_broker(tmp_path) as broker, listener(broker.port, "#") as messages:
        (tmp_path / "run.toml").write_text(text.replace("homeassistant.local", f"127.0.0.1:{broker.port}"))
        with running_example(*console_script("edge-run")[1:], "--config", "run.toml", folder=tmp_path):
            event = json.loads(wait_for(messages, lambda message: message.topic == "home/bin/event").payload)
    assert (event["event"], event["label"]) == ("entered", "red")
