"""Bad input to edge-convert: each one clear line, nothing half-written, and no model that the gate refused."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from children import running
from image_folders import write_image_folder
from odd_models import write_mean_model
from small_run import write_color_images, write_color_model, write_grey_image

from converter.cli import main
from edge_runtime.console.child_process import console_script

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def run(small_run: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(small_run, tmp_path / "run"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "model.tflite"


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


def last_line(capfd: pytest.CaptureFixture[str]) -> str:
    stdout, stderr = capfd.readouterr()
    assert stdout == ""
    lines = [line for line in stderr.splitlines() if not line.startswith("edge-convert: images: ")]
    assert len(lines) == 1, stderr
    return lines[0]


def remove_run(run: Path) -> None:
    shutil.rmtree(run)


def replace_by_file(run: Path) -> None:
    shutil.rmtree(run)
    run.write_text("a model?")


def remove_record(run: Path) -> None:
    (run / "training.json").unlink()


def cut_record(run: Path) -> None:
    path = run / "training.json"
    path.write_bytes(path.read_bytes()[:-20])


def remove_model(run: Path) -> None:
    (run / "model.keras").unlink()


def cut_model(run: Path) -> None:
    path = run / "model.keras"
    path.write_bytes(path.read_bytes()[:-100])


def empty_zip(run: Path) -> None:
    with zipfile.ZipFile(run / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")


def other_outputs(run: Path) -> None:
    write_color_model(run / "model.keras", outputs=5)


def data_gone(run: Path) -> None:
    record = json.loads((run / "training.json").read_text())
    record["data"]["root"] = str(run / "moved away")
    (run / "training.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove_run, "run: no such file or folder; expected a RUN folder of edge-train, a .keras or .h5 file"),
        (replace_by_file, "run: expected a RUN folder of edge-train, a .keras or .h5 file"),
        (remove_record, "training.json: cannot read: No such file or directory; expected a RUN folder"),
        (cut_record, "training.json: not valid JSON"),
        (remove_model, "model.keras: no such file; train again"),
        (cut_model, "model.keras: damaged or truncated"),
        (empty_zip, "model.keras: Keras cannot load it"),
        (other_outputs, "model.keras: its output has shape [any, 5], but training.json beside it says [any, 3]"),
        (data_gone, "is gone; put it back, or name a folder with --eval-data"),
    ],
)
def test_a_damaged_run_is_one_clear_line(
    run: Path, out: Path, damage: Callable[[Path], None], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    damage(run)
    assert main([str(run), "--out", str(out)]) == 1
    line = last_line(capfd)
    assert message in line
    assert str(run) in line
    assert files_below(out.parent) == []


@pytest.mark.parametrize("option", ["--calibration-data", "--eval-data"])
def test_a_folder_of_other_classes_is_one_clear_line(
    run: Path, out: Path, tmp_path: Path, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_image_folder(tmp_path / "animals", {"cat": 1, "dog": 1})
    assert main([str(run), "--out", str(out), option, str(folder)]) == 1
    assert f"{folder}: folder 'cat' is none of the classes red, green, blue" in last_line(capfd)


def test_an_image_that_cannot_be_decoded_is_named(
    run: Path, out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for option in ("--calibration-data", "--eval-data"):
        folder = write_color_images(tmp_path / option[2:], 2, seed=900)
        (folder / "red" / "0.png").write_text("no picture")
        assert main([str(run), "--out", str(out), option, str(folder)]) == 1
        assert f"{folder / 'red' / '0.png'}: cannot decode" in last_line(capfd)
    assert files_below(out.parent) == []


def test_data_that_moved_is_fixed_by_naming_both_folders(run: Path, out: Path, small_run: Path) -> None:
    data_gone(run)
    data = small_run.parent / "data"
    arguments = ["--calibration-data", str(data / "train"), "--eval-data", str(data / "test")]
    assert main([str(run), "--out", str(out), *arguments]) == 0
    assert out.is_file()


def test_a_target_that_cannot_be_written_is_said_before_the_work(
    run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("converter.conversion.start_tensorflow", lambda *_: pytest.fail("the long work had begun"))
    folder = tmp_path / "folder.tflite"
    folder.mkdir()
    for target in (tmp_path / "file" / "m.tflite", folder):
        assert main([str(run), "--out", str(target)]) == 1
        assert last_line(capfd).startswith(f"edge-convert: {target}: cannot write: ")


@pytest.mark.parametrize("target", [".", "..", "model", "folder/", "model.keras", ".tflite"])
def test_a_target_that_is_no_tflite_is_wrong_usage(
    run: Path, target: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = files_below(tmp_path)
    assert main([str(run), "--out", target]) == 2
    assert last_line(capfd) == (
        f"edge-convert: out {str(Path(target))!r} does not end in .tflite; name the file to write, say model.tflite"
    )
    assert files_below(tmp_path) == before


def test_a_target_that_is_the_model_itself_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = write_mean_model(tmp_path / "m.tflite", (1, 8, 8, 3), (1, 2))
    (tmp_path / "link.tflite").symlink_to(model)
    before = model.read_bytes()
    for target in (model, tmp_path / "link.tflite"):
        assert main([str(model), "--out", str(target)]) == 2
        assert last_line(capfd) == (
            f"edge-convert: out {str(target)!r} is MODEL itself, which would be lost; name another file to write"
        )
    assert model.read_bytes() == before


def test_an_image_that_calibrates_and_evaluates_is_refused(
    run: Path, out: Path, small_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    evaluated = small_run.parent / "data" / "test" / "green" / "0.png"
    folder = write_color_images(tmp_path / "mine", 2, seed=901)
    shutil.copy(evaluated, folder / "green" / "copy.png")
    assert main([str(run), "--out", str(out), "--calibration-data", str(folder)]) == 1
    assert f"{folder}/green/copy.png (calibration) and {evaluated} (evaluation) are the same image" in last_line(capfd)
    assert files_below(out.parent) == []


def test_a_full_disk_leaves_nothing(run: Path, small_disk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (88 << 10))
    assert main([str(run), "--quantize", "int8", "--out", str(small_disk / "model.tflite"), "--golden", "0"]) == 1
    line = last_line(capfd)
    assert line.startswith(f"edge-convert: {small_disk}/model.")
    assert line.endswith(": cannot write: No space left on device")
    assert files_below(small_disk) == [filler]


@pytest.fixture
def broken_calibration(tmp_path: Path) -> Path:
    return write_grey_image(tmp_path / "one grey image")


def test_a_broken_calibration_is_refused_with_3_and_writes_the_reports_only(
    run: Path, out: Path, broken_calibration: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run), "--out", str(out), "--quantize", "int8", "--calibration-data", str(broken_calibration)]) == 3
    stdout, stderr = capfd.readouterr()
    assert stdout.splitlines()[-1].split() == ["verdict", "refused"]
    assert "(not written)" in stdout
    assert stderr.splitlines()[-1].startswith(f"edge-convert: {out}: not written: top-1 fell by ")
    assert "an earlier run" not in stderr
    assert sorted(path.name for path in files_below(out.parent)) == ["model.report.html", "model.report.json"]
    report = json.loads(out.with_name("model.report.json").read_text())
    assert report["chosen"] is None
    assert report["candidates"][0]["gate"]["passed"] is False
    assert "Refused" in out.with_name("model.report.html").read_text()


def test_a_refusal_leaves_the_file_of_an_earlier_run_and_says_so(
    run: Path, out: Path, broken_calibration: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out.parent.mkdir()
    out.write_bytes(b"an earlier model")
    assert main([str(run), "--out", str(out), "--quantize", "int8", "--calibration-data", str(broken_calibration)]) == 3
    assert out.read_bytes() == b"an earlier model"
    assert "; the file there is that of an earlier run, left as it was" in capfd.readouterr().err
    digest = hashlib.sha256(b"an earlier model").hexdigest()
    assert json.loads(out.with_name("model.report.json").read_text())["earlier_sha256"] == digest
    page = out.with_name("model.report.html").read_text()
    assert "This report is not about it" in page
    assert digest in page
    assert sorted(path.name for path in files_below(out.parent)) == [
        "model.report.html",
        "model.report.json",
        "model.tflite",
    ]


def test_the_refused_model_passes_where_more_drop_is_allowed(run: Path, out: Path, broken_calibration: Path) -> None:
    arguments = ["--quantize", "int8", "--calibration-data", str(broken_calibration), "--max-drop", "100"]
    assert main([str(run), "--out", str(out), *arguments]) == 0
    assert out.is_file()


@pytest.mark.slow  # test_library_faults.py interrupts in one process
def test_ctrl_c_in_the_conversion_leaves_nothing(run: Path, out: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [*console_script("edge-convert"), str(run), "--quantize", "int8", "--out", str(out)]
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": ""}
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        while not list(scratch.rglob("saved_model.pb")):  # the export is there: the conversion has begun
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert stdout == b""
    assert stderr.splitlines()[1:] == [b"edge-convert: interrupted"]
    assert files_below(out.parent) == []
    assert list(scratch.iterdir()) == []
