"""edge-run as its users run it: real files in, JSON lines out."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from children import running
from PIL import Image
from shared import SHARED_DATA, needs_shared_data
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script
from edge_runtime.console.command import tool_version
from edge_runtime.run.cli import main

COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    path = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    return [str(path), "--labels", str(tmp_path / "labels.txt"), "--color", "rgb", "--resize", "squash"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    for name, place in (("blue", "a.png"), ("green", "b.jpg"), ("red", "deep/c.bmp")):
        Image.new("RGB", (64, 48), COLORS[name]).save(folder / place)
    (folder / "notes.txt").write_text("no picture")
    return folder


def lines_of(capfdbinary: pytest.CaptureFixture[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_a_model_that_was_trained_on_antialiased_pictures(
    model: list[str], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    large = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8))
    large.paste((255, 255, 0), (0, 0, 60, 45))
    large.save(tmp_path / "large.png")
    large.resize((8, 6), Image.Resampling.BILINEAR).save(tmp_path / "small.png")
    assert main([model[0], str(tmp_path / "*.png"), *model[1:], "--resize", "squash:antialias", "--top-k", "3"]) == 0
    first, second = lines_of(capfdbinary)
    assert first["categories"] == second["categories"]


def test_what_is_no_picture_of_the_user_is_left_out_and_counted(
    model: list[str], pictures: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for place in (".ipynb_checkpoints/a-checkpoint.png", ".Trash-1000/files/b.png", "@eaDir/c.png", "._a.png"):
        (pictures / place).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(pictures / place)
    for suffix, kind in (("jfif", "JPEG"), ("jpe", "JPEG"), ("tif", "TIFF"), ("tiff", "TIFF"), ("avif", "AVIF")):
        Image.new("RGB", (64, 48), COLORS["blue"]).save(pictures / f"z.{suffix}", kind)
    assert main([model[0], str(pictures), *model[1:]]) == 0
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 8
    assert said.err.count("left out: 3 hidden folders, 1 .txt, 1 hidden file") == 1
    assert main([model[0], str(pictures / "*"), *model[1:]]) == 0
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 7  # the glob goes into no folder
    assert said.err.count("left out: 1 .txt") == 1


def test_a_folder_gives_one_json_line_a_picture(
    model: list[str], pictures: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([model[0], str(pictures), *model[1:], "--top-k", "2"]) == 0
    lines = lines_of(capfdbinary)
    assert [line["categories"][0]["label"] for line in lines] == ["blue", "green", "red"]
    assert [line["frame"] for line in lines] == [0, 1, 2]
    first = lines[0]
    assert list(first) == ["schema", "source", "frame", "captured_ns", "categories", "timing_ms", "age_ms"]
    assert first["schema"] == 1
    assert first["source"] == str(pictures / "a.png")
    assert list(first["timing_ms"]) == ["capture", "preprocess", "invoke", "postprocess"]
    assert [list(category) for category in first["categories"]] == [["index", "label", "score"]] * 2
    assert first["categories"][0]["score"] >= first["categories"][1]["score"]
    assert first["age_ms"] >= 0


@pytest.mark.parametrize(("source", "count"), [("a.png", 1), ("*.png", 1), ("**/*", 3), ("", 3)])
def test_image_glob_and_folder(
    model: list[str], pictures: Path, source: str, count: int, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([model[0], str(pictures / source), *model[1:]]) == 0
    assert len(lines_of(capfdbinary)) == count


def test_video_frames_are_read_as_rgb(
    model: list[str], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for name in ("red", "blue", "green"):
        writer.write(np.full((48, 64, 3), COLORS[name][::-1], np.uint8))
    writer.release()
    assert main([model[0], str(path), *model[1:]]) == 0
    assert [line["categories"][0]["label"] for line in lines_of(capfdbinary)] == ["red", "blue", "green"]


def test_synthetic_frames(model: list[str], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([model[0], "synthetic:32x24:5", *model[1:]]) == 0
    assert [line["frame"] for line in lines_of(capfdbinary)] == [0, 1, 2, 3, 4]


def test_two_sinks_see_the_same_frames(
    model: list[str], pictures: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    target = tmp_path / "out.jsonl"
    for _ in range(2):
        assert main([model[0], str(pictures), *model[1:], "--sink", f"jsonl:{target}", "--sink", "console"]) == 0
    assert capfdbinary.readouterr().out.count(b"a.png") == 2
    written = [json.loads(line) for line in target.read_text().splitlines()]
    assert [line["frame"] for line in written] == [0, 1, 2, 0, 1, 2]  # appended, so that a restart loses nothing


def test_csv_has_one_row_a_frame_and_its_names_once(model: list[str], pictures: Path, tmp_path: Path) -> None:
    (pictures / "b.jpg").write_text("not a picture, at all")
    target = tmp_path / "out.csv"
    for _ in range(2):
        assert main([model[0], str(pictures), *model[1:], "--sink", f"csv:{target}"]) == 1
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["frame"], row["label"]) for row in rows] == [("0", "blue"), ("1", ""), ("2", "red")] * 2
    assert list(rows[0]) == ["source", "frame", "captured_ns", "index", "label", "score", "age_ms", "error"]
    assert 0 < float(rows[0]["score"]) <= 1
    assert "cannot decode" in rows[1]["error"]


def test_threshold_leaves_categories_out(
    model: list[str], pictures: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([model[0], str(pictures / "a.png"), *model[1:], "--threshold", "0.5"]) == 0
    assert [category["label"] for category in lines_of(capfdbinary)[0]["categories"]] == ["blue"]


def test_an_unreadable_frame_is_a_line_and_the_run_goes_on(
    model: list[str], pictures: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (pictures / "b.jpg").write_text("not a picture at all")
    assert main([model[0], str(pictures), *model[1:]]) == 1
    out, err = capfdbinary.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert ["error" in line for line in lines] == [False, True, False]
    assert list(lines[1]) == ["schema", "source", "frame", "error"]
    assert b"1 of 3 frames failed" in err


def test_help_and_version_answer_without_loading_anything_heavy() -> None:
    for option, expected in (("--help", "example:"), ("--version", f"edge-run {tool_version()}")):
        command = [sys.executable, "-X", "importtime", *console_script("edge-run")[1:], option]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert expected in done.stdout
        assert not any(name in done.stderr for name in ("ai_edge_litert", "cv2", "tensorflow"))


def test_a_reader_that_goes_away_ends_the_run_quietly(model: list[str]) -> None:
    command = [*console_script("edge-run"), model[0], "synthetic:32x24:100000", *model[1:]]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_whole_lines(model: list[str], tmp_path: Path, number: signal.Signals) -> None:
    target = tmp_path / "out.jsonl"
    os.mkfifo(tmp_path / "ready")
    command = [
        *console_script("edge-run"), model[0], "synthetic:32x24:100000000", *model[1:],
        "--sink", f"jsonl:{target}", "--sink", f"jsonl:{tmp_path / 'ready'}",
    ]  # fmt: skip
    with running(command, stderr=subprocess.PIPE) as process:
        with (tmp_path / "ready").open() as ready:
            ready.readline()
            process.send_signal(number)
            while ready.readline():
                pass
        _, err = process.communicate(timeout=60)
        assert err == b"edge-run: interrupted\n"
        assert process.returncode == 130
    lines = target.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["frame"] for line in lines] == list(range(len(lines)))


@pytest.mark.slow
@needs_shared_data
def test_a_real_video_shows_a_water_bottle_nearly_throughout(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    models = SHARED_DATA / "tflite"
    arguments = [str(models / "mobilenet_v2_1.0_224_uint8.tflite"), str(SHARED_DATA / "video" / "bottle-detection.mp4")]
    assert main([*arguments, "--labels", str(models / "imagenet_labels_1001.txt"), "--top-k", "1"]) == 0
    lines = lines_of(capfdbinary)
    assert len(lines) == 1189
    bottles = sum(line["categories"][0]["label"] == "water bottle" for line in lines)
    assert bottles >= 0.95 * 1156  # data/README.md: 1,156 with an antialiasing resampler
