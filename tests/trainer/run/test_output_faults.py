"""RUN folders that cannot be written, and trainings that are interrupted: nothing half-written, nothing lost."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
from children import running
from image_folders import write_image_folder

from edge_runtime.console.child_process import console_script
from edge_runtime.console.files import OutputError
from trainer.cli import main
from trainer.run.folder import filled_at_once


def test_a_run_below_a_file_is_refused_before_the_training(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    run = tmp_path / "file" / "run"
    assert main(["sample", "--out", str(run)]) == 1
    assert capfd.readouterr().err == (
        f"edge-train: {run}: cannot write: Not a directory; name another folder after --out\n"
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_that_is_a_file_is_refused_before_the_training(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").write_text("mine")
    assert main(["sample", "--out", str(tmp_path / "run")]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert "run: cannot write: Not a directory" in line


@pytest.mark.tensorflow
def test_a_disk_too_small_is_refused_before_the_training(
    small_disk: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = write_image_folder(tmp_path / "data", {"cat": 4, "dog": 4})
    run = small_disk / "below" / "run"
    assert main([str(data), "--out", str(run), "--weights", "none", "--image-size", "32"]) == 1
    last = capfd.readouterr().err.splitlines()[-1]
    assert f"{run}: 100 KiB free, about" in last
    assert not list(small_disk.iterdir())


def test_a_disk_that_fills_up_while_the_run_is_written_changes_nothing(small_disk: Path) -> None:
    run = small_disk / "run"
    with filled_at_once(run) as folder:
        (folder / "training.json").write_text("the earlier record")
    with pytest.raises(OutputError) as caught:
        _write_too_much(run)
    assert f"{run}: cannot write the run: No space left on device" in str(caught.value)
    assert {path.name: path.read_text() for path in run.iterdir()} == {"training.json": "the earlier record"}


def _write_too_much(run: Path) -> None:
    with filled_at_once(run) as folder:
        (folder / "training.json").write_text("the new record")
        (folder / "model.keras").write_bytes(b"x" * 200_000)


def test_a_new_run_folder_is_not_left_behind_by_an_error(tmp_path: Path) -> None:
    run = tmp_path / "a" / "run"
    with pytest.raises(KeyboardInterrupt):
        _write_half(run)
    assert not run.exists()


def _write_half(run: Path) -> None:
    with filled_at_once(run) as folder:
        (folder / "model.keras").write_bytes(b"half")
        raise KeyboardInterrupt


@pytest.mark.slow  # test_resume.py interrupts in one process
@pytest.mark.tensorflow
def test_ctrl_c_in_training_ends_with_130_and_can_be_resumed(tmp_path: Path) -> None:
    data = write_image_folder(tmp_path / "data", {"cat": 6, "dog": 6})
    run = tmp_path / "run"
    arguments = [str(data), "--out", str(run), "--weights", "bundled", "--epochs", "1000000"]
    command = [*console_script("edge-train"), *arguments]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = []
        while "data: 2 classes" not in "".join(lines[-1:]):
            lines.append(process.stderr.readline())
            assert lines[-1], f"ended early: {lines}"
        while not (run / "checkpoint" / "head.npz").exists():  # an epoch is over, and there are too many to end
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert all(line.startswith("edge-train: ") for line in lines), "TensorFlow's chatter reaches the user"
    assert err.splitlines()[-2:] == [
        f"edge-train: {run}/checkpoint holds the state after the last epoch; --resume goes on from there",
        "edge-train: interrupted",
    ]
    assert out == ""
    assert [path.name for path in run.iterdir()] == ["checkpoint"]
    assert sorted(path.name for path in (run / "checkpoint").iterdir()) == ["head.npz", "identity.json"]


@pytest.mark.parametrize("place", ["", "run"])
def test_a_run_among_its_images_is_refused(tmp_path: Path, place: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "photos"
    for name in ("cat", "dog"):
        (data / name).mkdir(parents=True)
        for number in range(10):
            (data / name / f"{number}.png").write_bytes(f"{name} {number}".encode())
    before = sorted(data.rglob("*"))
    assert main([str(data), "--out", str(data / place)]) == 1
    assert "lies in the data folder" in capfd.readouterr().err.splitlines()[-1]
    assert sorted(data.rglob("*")) == before
