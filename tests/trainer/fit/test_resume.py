"""A training that is killed goes on where it was, and ends as one that was not; what cannot go on is refused."""

from __future__ import annotations

import json
import pkgutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import running
from image_folders import write_image_folder

from edge_runtime.console.child_process import console_script
from edge_runtime.contracts.training import TrainingRecord
from trainer.cli import main
from trainer.errors import ResumeError
from trainer.fit.checkpoint import Checkpoints, PhaseState

STATE = PhaseState({"loss": [1.0], "val_loss": [2.0]}, [np.ones(3)], [np.array(7)], [np.zeros((2, 2))])


@pytest.mark.slow  # test_phases.py resumes without a process to kill
@pytest.mark.tensorflow
def test_a_killed_training_resumes_to_the_same_figures(tmp_path: Path) -> None:
    data = write_image_folder(tmp_path / "data", {"cat": 10, "dog": 10})
    options = ["--backbone", "small-cnn", "--image-size", "12", "--epochs", "30", "--augment", "light"]
    run = tmp_path / "run"
    command = [*console_script("edge-train"), str(data), "--out", str(run), *options]
    with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while not (run / "checkpoint" / "training.npz").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert [path.name for path in run.iterdir()] == ["checkpoint"]
    assert main([str(data), "--out", str(run), *options, "--resume"]) == 0
    assert not (run / "checkpoint").exists()
    assert main([str(data), "--out", str(tmp_path / "whole"), *options]) == 0
    resumed, whole = TrainingRecord.load(run), TrainingRecord.load(tmp_path / "whole")
    assert len(whole.history["training"]["loss"]) == 30
    assert (resumed.history, resumed.metrics) == (whole.history, whole.metrics)


class CtrlC:
    """When the last reference goes, Ctrl-C is pressed: in a finaliser, where Python drops the KeyboardInterrupt."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("where", "epochs"),
    [
        pytest.param("trainer.fit.checkpoint.Checkpoints.save", 1, marks=pytest.mark.slow),
        pytest.param("trainer.fit.phases.run_phase", 3, marks=pytest.mark.slow),
        ("trainer.evaluate.evaluation.predict", 3),
    ],
)
def test_a_ctrl_c_that_python_drops_ends_the_training_all_the_same(
    tmp_path: Path, where: str, epochs: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    data = write_image_folder(tmp_path / "data", {"cat": 10, "dog": 10})
    options = ["--backbone", "small-cnn", "--image-size", "12", "--epochs", "3"]
    work = pkgutil.resolve_name(where)

    def pressed(*arguments: Any, **more: Any) -> Any:
        done = work(*arguments, **more)
        CtrlC()
        return done

    monkeypatch.setattr(where, pressed)
    run = tmp_path / "run"
    assert main([str(data), "--out", str(run), *options]) == 130
    assert capfd.readouterr().err.splitlines()[-2:] == [
        f"edge-train: {run}/checkpoint holds the state after the last epoch; --resume goes on from there",
        "edge-train: interrupted",
    ]
    assert [path.name for path in run.iterdir()] == ["checkpoint"]
    monkeypatch.undo()
    with np.load(run / "checkpoint" / "training.npz") as state:
        assert len(json.loads(state["figures"].tobytes())["loss"]) == epochs, "it goes on no longer than it must"
    assert main([str(data), "--out", str(run), *options, "--resume"]) == 0


def _interrupted(run: Path) -> Checkpoints:
    checkpoints = Checkpoints(run)
    checkpoints.start({"epochs": 5, "images": "a"}, resume=False)
    checkpoints.save("head", STATE)
    return checkpoints


def test_a_state_is_found_again_by_a_training_that_resumes(tmp_path: Path) -> None:
    _interrupted(tmp_path)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.start({"epochs": 5, "images": "a"}, resume=True)
    state = checkpoints.load("head", STATE)
    assert state is not None
    assert (state.epochs, state.figures) == (1, STATE.figures)
    for found, wanted in (
        (state.variables, STATE.variables),
        (state.optimizer, STATE.optimizer),
        (state.kept, STATE.kept),
    ):
        np.testing.assert_array_equal(found, wanted)
    assert checkpoints.load("fine-tuning", STATE) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 6}, "the interrupted training had epochs 5, this one has 6"),
        ({"images": "b"}, "had images 'a', this one has 'b'"),
        ({"split": (80, 10, 10)}, "had split None, this one has 80/10/10"),
    ],
)
def test_another_training_is_refused_by_the_field_that_differs(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    _interrupted(tmp_path)
    with pytest.raises(ResumeError, match=message):
        Checkpoints(tmp_path).start({"epochs": 5, "images": "a", **change}, resume=True)


def test_a_configuration_with_tuples_is_the_same_after_json(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.start({"split": (80, 10, 10)}, resume=False)
    checkpoints.save("head", STATE)
    Checkpoints(tmp_path).start({"split": (80, 10, 10)}, resume=True)


def test_nothing_to_go_on_with_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ResumeError, match=r"checkpoint: no interrupted training to go on with; leave --resume out"):
        Checkpoints(tmp_path).start({}, resume=True)


def test_without_resume_the_state_is_dropped_and_that_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _interrupted(tmp_path)
    Checkpoints(tmp_path).start({"epochs": 5, "images": "a"}, resume=False)
    assert "dropping an interrupted training; --resume would have gone on with it" in caplog.text
    assert not (tmp_path / "checkpoint").exists()


@pytest.mark.parametrize("damage", ["cut", "text", "pickle", "other"])
def test_a_damaged_state_is_refused_by_its_file(tmp_path: Path, damage: str) -> None:
    path = _interrupted(tmp_path).folder / "head.npz"
    if damage == "pickle":
        np.savez(path, figures=np.array([{}], object))
    elif damage == "other":
        Checkpoints(tmp_path).save("head", PhaseState(STATE.figures, [np.ones(4)], STATE.optimizer, STATE.kept))
    else:
        path.write_bytes(path.read_bytes()[:100] if damage == "cut" else b"a text")
    checkpoints = Checkpoints(tmp_path)
    checkpoints.start({"epochs": 5, "images": "a"}, resume=True)
    with pytest.raises(ResumeError, match=r"head\.npz: (damaged|made for another model)"):
        checkpoints.load("head", STATE)


def test_the_identity_is_not_taken_from_json_that_is_damaged(tmp_path: Path) -> None:
    folder = _interrupted(tmp_path).folder
    (folder / "identity.json").write_text("{")
    with pytest.raises(ResumeError, match=r"identity\.json"):
        Checkpoints(tmp_path).start({"epochs": 5, "images": "a"}, resume=True)


def test_a_second_writer_leaves_the_first_ones_state(tmp_path: Path) -> None:
    _interrupted(tmp_path)
    other = Checkpoints(tmp_path, writes=False)
    other.start({"epochs": 9}, resume=False)
    other.save("head", STATE)
    other.clear()
    assert json.loads((tmp_path / "checkpoint" / "identity.json").read_text()) == {"epochs": 5, "images": "a"}
