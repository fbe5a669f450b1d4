"""Files of every earlier version, through the commands: they load, and mean what they meant."""

import json
import shutil
from pathlib import Path

import pytest
from history import VERSIONS

from benchmarks.cli.command import main as edge_bench
from converter.cli import main as edge_convert
from converter.inspect.model import inspect_model
from edge_runtime import Classifier
from edge_runtime.contracts.training import TRAINING_NAME, TrainingRecord
from edge_runtime.inference.tuning import Tuning, tuning_path
from edge_runtime.preprocess import read_image
from edge_runtime.run.cli import main as edge_run
from trainer.augmentation.settings import read_augmentation

pytestmark = pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)

MODELS = ("single-int8.tflite", "single-float32.tflite", "multi-int8.tflite")
_ROOT_OF_HISTORY = "/tmp/history/"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_proves_itself(version: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(version / name)
    assert edge_run([model, "--self-test"]) == 0
    assert "self-test passed" in capsys.readouterr().out
    image = str(version / "data" / "colors" / "red" / "0.png")
    assert edge_run([model, image, "--verify", "--check"]) == 0
    out, err = capsys.readouterr()
    assert "red" in {category["label"] for category in json.loads(out)["categories"]}
    assert err == ""


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_inspected_without_a_note(version: Path, name: str) -> None:
    found = inspect_model(version / name)
    assert found.notes == ()
    assert found.manifest_matches
    assert found.labels == ("blue", "green", "red")


def test_a_model_classifies_in_python(version: Path) -> None:
    with Classifier(version / "single-int8.tflite") as classifier:
        for label in ("red", "green", "blue"):
            frame = read_image(version / "data" / "colors" / label / "1.png")
            assert classifier.classify(frame).categories[0].label == label


def test_a_configuration_and_a_tuning_run_as_they_did(
    version: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    tuning_path().parent.mkdir(parents=True)
    shutil.copy(version / "tuning.json", tuning_path())
    assert len(Tuning.load(tuning_path()).models) == 1
    monkeypatch.chdir(version)
    assert edge_run(["--config", "run.toml"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    now, then = ([json.loads(line) for line in text.splitlines()] for text in (out, Path("run.jsonl").read_text()))
    assert [line["source"] for line in now] == [line["source"] for line in then]
    for found, expected in zip(now, then, strict=True):
        assert list(found) == list(expected)
        assert [each["label"] for each in found["categories"]] == [each["label"] for each in expected["categories"]]
        scores = [each["score"] for each in expected["categories"]]
        assert [each["score"] for each in found["categories"]] == pytest.approx(scores, abs=0.1)


def test_results_are_compared(version: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge_bench(["compare", str(version / "before.json"), str(version / "after.json")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for name in ("single-int8.tflite", "single-float32.tflite"):
        assert name in out


def test_settings_of_augmentation_are_read(version: Path) -> None:
    assert not read_augmentation(str(version / "augment.toml")).is_none


@pytest.mark.tensorflow
def test_a_run_whose_images_are_elsewhere_now_is_converted(version: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.tflite"
    data = str(version / "data" / "colors")
    arguments = [str(version / "single"), "--quantize", "float32", "--eval-data", data, "--out", str(out)]
    assert edge_convert(arguments) == 0
    assert edge_run([str(out), "--self-test"]) == 0


@pytest.mark.tensorflow
@pytest.mark.parametrize("run", ["single", "multi"])
def test_a_run_whose_images_are_there_is_converted(version: Path, run: str, tmp_path: Path) -> None:
    shutil.copytree(version / run, tmp_path / run)
    record = tmp_path / run / TRAINING_NAME
    record.write_text(record.read_text().replace(_ROOT_OF_HISTORY, f"{version}/"))
    out = tmp_path / "m.tflite"
    assert edge_convert([str(record.parent), "--quantize", "int8", "--max-drop", "10", "--out", str(out)]) == 0
    found, written = inspect_model(out).manifest, TrainingRecord.load(record.parent)
    assert found is not None
    assert (found.task, found.labels, found.thresholds) == (written.task, written.classes, written.thresholds)
