"""edge-run's decisions over time, as its users see them: pictures in, lines out."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from tiny_model import LABELS, solid_frame, write_packed_model, write_tiny_model

from edge_runtime import Classifier
from edge_runtime.run.cli import main

COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    path = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    return [str(path), "--labels", str(tmp_path / "labels.txt")]


def pictures(tmp_path: Path, *names: str) -> str:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, name in enumerate(names):
        Image.new("RGB", (64, 48), COLORS[name]).save(folder / f"{number:03}.png")
    return str(folder)


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main([*arguments]) == 0
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def best(lines: list[dict[str, object]]) -> list[str]:
    return [line["categories"][0]["label"] if line["categories"] else "-" for line in lines if "categories" in line]


def test_a_mean_outvotes_a_single_frame(model: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = pictures(tmp_path, "red", "red", "green", "red", "green", "green", "green")
    assert best(run(capfd, *model, source)) == ["red", "red", "green", "red", "green", "green", "green"]
    smoothed = run(capfd, *model, source, "--smooth", "mean:3")
    assert best(smoothed) == ["red", "red", "red", "red", "green", "green", "green"]
    assert list(smoothed[0]) == ["schema", "source", "frame", "captured_ns", "categories", "timing_ms", "age_ms"]


def test_events_are_lines_of_their_own_after_their_frame(
    model: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = pictures(tmp_path, "red", "red", "blue")
    lines = run(capfd, *model, source, "--events")
    assert [line.get("event", "frame") for line in lines] == ["frame", "entered", "frame", "frame", "left", "entered"]
    assert [(line["frame"], line["label"]) for line in lines if "event" in line] == [
        (0, "red"), (2, "red"), (2, "blue"),
    ]  # fmt: skip
    assert lines[4]["duration_ms"] >= 0
    assert "duration_ms" not in lines[1]


def test_a_sink_of_events_needs_no_option(model: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "events.jsonl"
    source = pictures(tmp_path, "red", "red", "red", "blue")
    assert run(capfd, *model, source, "--sink", f"events:{target}") == []
    events = [json.loads(line) for line in target.read_text().splitlines()]
    assert [(event["event"], event["label"]) for event in events] == [
        ("entered", "red"), ("left", "red"), ("entered", "blue"),
    ]  # fmt: skip


def test_people_see_events_too(model: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*model, pictures(tmp_path, "red", "blue"), "--events", "--sink", "console"]) == 0
    shown = capfd.readouterr().out
    assert "entered red\n" in shown
    assert "left red after 0." in shown


def test_hysteresis_lists_what_is_there(model: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = pictures(tmp_path, "red", "green", "green")
    lines = run(capfd, *model, source, "--smooth", "mean:2", "--smooth", "hysteresis:0.9,0.4")
    # The mean of one red and one green is a half each: red stays, green has not come yet.
    assert [[each["label"] for each in line["categories"]] for line in lines] == [["red"], ["red"], ["green"]]


def test_a_minimum_duration_longer_than_the_run_shows_nothing(
    model: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = run(capfd, *model, pictures(tmp_path, "red", "red"), "--min-duration", "3600", "--events")
    assert best(lines) == ["-", "-"]
    assert len(lines) == 2


@pytest.mark.parametrize("rate", [10, 25])
def test_a_video_counts_its_own_seconds(
    model: list[str], tmp_path: Path, rate: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """However fast this machine goes through it: half a second is so many frames, every time."""
    clip, a_second = str(tmp_path / "clip.avi"), [name for name in ("red", "green") for _ in range(rate)]
    writer = cv2.VideoWriter(clip, cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
    for name in a_second:
        writer.write(np.full((48, 64, 3), COLORS[name][::-1], np.uint8))
    writer.release()
    lines = run(capfd, *model, clip, "--min-duration", "0.5", "--events")
    half, events = -(-rate // 2), [line for line in lines if "event" in line]
    assert [(line["event"], line["label"], line["frame"]) for line in events] == [
        ("entered", "red", half), ("left", "red", rate + half), ("entered", "green", rate + half),
    ]  # fmt: skip
    assert events[1]["duration_ms"] == 1000


@pytest.mark.parametrize(("roi", "label"), [("0,0,32,48", "red"), ("0.5,0,0.5,1", "blue"), ("40,10,1,1", "blue")])
def test_a_region_is_all_that_is_looked_at(
    model: list[str], tmp_path: Path, roi: str, label: str, capfd: pytest.CaptureFixture[str]
) -> None:
    pixels = np.concatenate([solid_frame(COLORS["red"], (48, 32)), solid_frame(COLORS["blue"], (48, 32))], axis=1)
    Image.fromarray(pixels).save(tmp_path / "two.png")
    (line,) = run(capfd, *model, str(tmp_path / "two.png"), "--roi", roi)
    assert line["categories"][0]["label"] == label
    assert line["categories"][0]["score"] > 0.9


def test_a_region_outside_is_a_failed_frame(
    model: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*model, pictures(tmp_path, "red"), "--roi", "0,0,100,100"]) == 1
    (line,) = map(json.loads, capfd.readouterr().out.splitlines())
    assert line["error"] == "region 0,0,100,100 reaches beyond the frame of 64x48 pixels"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--smooth", "median:3"], "smooth 'median:3' is not one of none, mean:FRAMES"),
        (["--smooth", "mean:3", "--smooth", "ema:0.5"], "one mean or ema, and one hysteresis"),
        (["--smooth", "hysteresis:0.4,0.8"], "1 >= high >= low >= 0"),
        (["--roi", "0,0,0,0"], "region 0,0,0,0: expected x,y,width,height"),
        (["--min-duration", "-1"], "-1 is not a number of seconds"),
        (["--threshold", "0.5", "--smooth", "hysteresis:0.8,0.4"], "say the same thing twice"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    model: list[str], arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main([*model, "synthetic:8x8:1", *arguments])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert message in capfd.readouterr().err


def test_a_multi_label_model_brings_a_threshold_for_each_class(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_packed_model(tmp_path / "m.tflite", "multi-label", (0.5, 0.999, 0.2))
    Image.new("RGB", (8, 6), (255, 255, 102)).save(tmp_path / "yellow.png")  # logits 5, 5, -1
    with Classifier(path, top_k=2) as classifier:
        found = classifier.classify(solid_frame((255, 255, 102))).categories
    assert [category.label for category in found] == ["red", "blue"]  # green, 0.993, is below its own 0.999
    events = [line for line in run(capfd, str(path), str(tmp_path / "yellow.png"), "--events") if "event" in line]
    assert [(event["event"], event["label"]) for event in events] == [("entered", "red"), ("entered", "blue")]
