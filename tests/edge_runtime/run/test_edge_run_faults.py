"""Bad input to edge-run: each one clear line, nothing half-written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from shared import SHARED_DATA, needs_shared_data
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script
from edge_runtime.run.cli import main

UNSAID = ("--color", "rgb", "--resize", "squash")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (20, 20)).save(tmp_path / "good.png")
    (tmp_path / "text.jpg").write_text("I am a text")
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 1000)
    (tmp_path / "empty").mkdir()
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    (tmp_path / "two.txt").write_text("a\nb\n")
    write_tiny_model(tmp_path / "good.tflite", dtype="uint8")
    write_tiny_model(tmp_path / "many.tflite", outputs=2)
    (tmp_path / "zero.tflite").write_bytes(b"")
    whole = (tmp_path / "good.tflite").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(whole[: len(whole) // 2])
    return tmp_path


@pytest.mark.parametrize(
    ("model", "source", "extra", "message"),
    [
        ("absent.tflite", "good.png", [], "absent.tflite: cannot read: No such file"),
        ("zero.tflite", "good.png", [], "zero.tflite: the file is empty"),
        ("cut.tflite", "good.png", [], "cut.tflite: damaged"),
        ("text.jpg", "good.png", [], "text.jpg: no TFL3 file"),
        ("many.tflite", "good.png", [], "many.tflite: it has 2 outputs; say which holds the scores with --output"),
        ("empty", "good.png", [], "empty: a folder, no .tflite; edge-convert makes one of a RUN folder or a Keras"),
        ("run.keras", "good.png", [], "run.keras: a Keras model, no .tflite; edge-convert makes one of"),
        ("good.tflite", "absent.png", [], "absent.png: no such file or folder"),
        ("good.tflite", "camera", [], "camera: no such file or folder, and no live source: camera:0, picamera2:0"),
        ("good.tflite", "empty", [], "empty: no image in this folder"),
        ("good.tflite", "*.webp", [], "no image matches"),
        ("good.tflite", "broken.mp4", [], "broken.mp4: OpenCV cannot open it"),
        ("good.tflite", "absent.mp4", [], "absent.mp4: no such file"),
        ("good.tflite", "good.png", ["--labels", "two.txt"], "two.txt: 2 labels for the 3 classes"),
        ("good.tflite", "good.png", ["--labels", "absent.txt"], "absent.txt: cannot read the labels"),
        ("good.tflite", "good.png", ["--sink", "jsonl:good.png/x"], "good.png/x: cannot write: Not a directory"),
        ("good.tflite", "good.png", ["--sink", "csv"], "csv: needs a file: csv:FILE"),
    ],
)
def test_bad_input_is_one_clear_line(
    folder: Path,
    model: str,
    source: str,
    extra: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    labels = [] if "--labels" in extra else ["--labels", "labels.txt"]
    assert main([model, source, *labels, *UNSAID, *extra]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert message in err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--sink", "pigeon", "no sink 'pigeon'"),
        ("--threads", "0", "'0' is not a whole number within 1..256"),
        ("--threads", "100000", "'100000' is not a whole number within 1..256"),
        ("--top-k", "-1", "'-1' is not a whole number"),
        ("--threshold", "2", "2 is not within 0..1"),
        ("--threshold", "half", "'half' is not a number"),
        ("--max-fps", "0", "0 is not above 0"),
        ("--max-fps", "nan", "nan is not above 0"),
        ("--normalization", "0..2", "normalization '0..2' is not one of"),
        ("--resize", "crop", "resize 'crop' is not one of"),
        ("--policy", "some", "invalid choice: 'some'"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    folder: Path, option: str, value: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(folder / "good.tflite"), str(folder / "good.png"), option, value])
    assert caught.value.code == 2
    assert message in capfd.readouterr().err


def test_a_file_name_that_is_not_utf8_is_a_line_like_any_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    strange = os.fsencode(str(folder)) + b"/empty/caf\xe9.png"
    Path(os.fsdecode(strange)).write_bytes((folder / "good.png").read_bytes())
    sinks = ["--sink", "jsonl", "--sink", "console", "--sink", "csv:out.csv"]
    assert main(["good.tflite", "empty", "--labels", "labels.txt", *UNSAID, *sinks]) == 0
    line, shown = capfd.readouterr().out.splitlines()
    assert json.loads(line)["source"] == "empty/caf\udce9.png"
    assert "caf\\udce9.png" in shown
    assert "caf\\udce9.png" in (folder / "out.csv").read_text()


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
@pytest.mark.parametrize("victim", ["good.png", "good.tflite"])
def test_a_photo_or_a_model_is_not_appended_to(
    folder: Path, kind: str, victim: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    before = (folder / victim).read_bytes()
    assert main(["good.tflite", "good.png", "--labels", "labels.txt", *UNSAID, "--sink", f"{kind}:{victim}"]) == 1
    assert capfd.readouterr().err == f"edge-run: {victim}: holds something else; name another file\n"
    assert (folder / victim).read_bytes() == before


def test_closed_stdout_is_one_clear_line(folder: Path) -> None:
    arguments = [str(folder / "good.tflite"), str(folder / "good.png"), "--labels", str(folder / "labels.txt"), *UNSAID]
    program = "import os, sys; os.close(1); sys.stdout = None; from edge_runtime.run.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", program, *arguments], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "edge-run: stdout: closed; name a file with --sink jsonl:FILE\n"


@pytest.mark.parametrize(
    "source", ["", "synthetic:0x0", "synthetic:640x480:0", "synthetic:wide", "camera:0", "http://127.0.0.1:9/"]
)
def test_sources_that_are_not_there_are_named(
    folder: Path, source: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert main(["good.tflite", source, "--labels", "labels.txt", *UNSAID]) == 1
    assert source in capfd.readouterr().err


def test_a_full_disk_ends_the_run_with_one_line_and_whole_lines_in_the_file(
    folder: Path, small_disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = small_disk / "out.jsonl"
    arguments = [str(folder / "good.tflite"), "synthetic:20x20:100000", "--labels", str(folder / "labels.txt"), *UNSAID]
    assert main([*arguments, "--sink", f"jsonl:{target}"]) == 1
    err = capfd.readouterr().err
    assert err == f"edge-run: {target}: cannot write: No space left on device\n"
    content = target.read_bytes()
    assert content.endswith(b"}\n")
    frames = [json.loads(line)["frame"] for line in content.splitlines()]
    assert frames == list(range(len(frames)))
    assert len(frames) > 10


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_stdout_on_a_full_disk_is_one_clear_line(folder: Path, unbuffered: str) -> None:
    arguments = [str(folder / "good.tflite"), str(folder / "good.png"), "--labels", str(folder / "labels.txt"), *UNSAID]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*console_script("edge-run"), *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
        )
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["edge-run: stdout: cannot write: No space left on device"]


@needs_shared_data
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_real_model_is_one_clear_line(
    tmp_path: Path, part: float, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = (SHARED_DATA / "tflite" / "mobilenet_v1_0.25_224_float_metadata.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(whole[: int(len(whole) * part)])
    assert main([str(path), "synthetic:20x20:1", "--normalization", "-1..1"]) == 1
    err = capfd.readouterr().err
    assert "cut.tflite" in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
def test_scores_that_are_not_numbers_make_a_failed_frame(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = write_tiny_model(folder / "float.tflite", dtype="float32")
    arguments = [str(model), str(folder / "good.png"), "--labels", str(folder / "labels.txt"), *UNSAID]
    assert main([*arguments, "--normalization", "3e38,0.01", "--smooth", "ema:0.5"]) == 1
    out, err = capfd.readouterr()
    assert json.loads(out)["error"] == "the model's scores are not numbers (NaN or infinite)"
    assert "1 of 1 frames failed" in err
