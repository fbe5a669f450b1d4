"""Several labels an image, and one label or not: from a CSV to what the device says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from converter.cli import main as convert
from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.contracts.manifest import ModelManifest
from edge_runtime.contracts.training import MODEL_NAME, TrainingRecord
from edge_runtime.model.file import read_model_file
from edge_runtime.run.cli import main as run
from trainer.cli import main as train

pytestmark = pytest.mark.tensorflow

IMAGES = 60
FAST = ["--backbone", "small-cnn", "--image-size", "16", "--epochs", "10", "--split", "50/25/25"]
ANY_DROP = ["--quantize", "float32", "--max-drop", "100"]


def _write_csv(folder: Path, header: str, row: Callable[[int], str]) -> Path:
    """Images whose colour channels are bright where the bits of their number are set, and a CSV of them."""
    folder.mkdir()
    lines = [header]
    for number in range(IMAGES):
        noise = np.random.default_rng(number).integers(0, 60, (32, 32, 3))
        bright = 180 * np.array([number & 1, number >> 1 & 1, number >> 2 & 1])
        Image.fromarray((noise + bright).astype(np.uint8)).save(folder / f"{number:02d}.png")
        lines.append(f"{number:02d}.png,{row(number)}")
    path = folder / "labels.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def many_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a multi-label run, ``run``, its data and its ``model.tflite``."""
    folder = tmp_path_factory.mktemp("many")
    data = _write_csv(
        folder / "data",
        "filename,labels",
        lambda number: "|".join(name for bit, name in enumerate(("red", "green", "blue")) if number >> bit & 1),
    )
    assert train([str(data), "--out", str(folder / "run"), *FAST, "--class-weights", "balanced"]) == 0
    assert convert([str(folder / "run"), "--out", str(folder / "model.tflite"), *ANY_DROP]) == 0
    return folder


def test_the_record_has_the_task_and_the_thresholds(many_labels: Path) -> None:
    record = TrainingRecord.load(many_labels / "run")
    assert record.task == "multi-label"
    assert record.classes == ("blue", "green", "red")
    assert len(record.thresholds) == 3
    assert record.metrics["thresholds"] == pytest.approx(record.thresholds)
    assert set(record.metrics) >= {"loss", "accuracy", "micro_f1", "macro_f1", "per_class", "confusion_matrix"}
    assert np.array(record.metrics["confusion_matrix"]).sum() == 3 * len(record.part("test"))


def test_the_thresholds_are_those_with_the_best_f1_on_the_validation_part(many_labels: Path) -> None:
    import keras
    from sklearn.metrics import f1_score

    from trainer.data.labels import multi_hot
    from trainer.evaluate.predict import predict
    from trainer.fit.objective import Objective

    record = TrainingRecord.load(many_labels / "run")
    model = keras.models.load_model(many_labels / "run" / MODEL_NAME, compile=False)
    val = record.part("val")
    scores = predict(model, val, record.preprocessing, Objective("multi-label", 3))
    shown = multi_hot(val.labels, 3)
    for label, threshold in enumerate(record.thresholds):
        best = max(f1_score(shown[:, label], scores[:, label] >= step) for step in np.linspace(0.1, 0.9, 801))
        assert f1_score(shown[:, label], scores[:, label] >= threshold) >= best - 1e-9


def test_the_device_gives_every_label_that_reaches_its_threshold(
    many_labels: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import keras

    from trainer.evaluate.predict import predict
    from trainer.fit.objective import Objective

    record = TrainingRecord.load(many_labels / "run")
    images = read_dataset(many_labels / "data" / "labels.csv")
    model = keras.models.load_model(many_labels / "run" / MODEL_NAME, compile=False)
    scores = predict(model, images, record.preprocessing, Objective("multi-label", 3))
    capfd.readouterr()
    assert run([str(many_labels / "model.tflite"), str(many_labels / "data")]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(lines) == IMAGES
    said = {Path(line["source"]).name: {category["label"] for category in line["categories"]} for line in lines}
    surely = np.abs(scores - np.array(record.thresholds)) > 1e-4  # the interpreter rounds differently
    for name, row, sure in zip(images.names, scores, surely, strict=True):
        for label, threshold in enumerate(record.thresholds):
            assert not sure[label] or (record.classes[label] in said[name]) == (row[label] >= threshold)


def test_the_report_of_several_labels_has_their_figures(many_labels: Path) -> None:
    page = (many_labels / "run" / "report.html").read_text()
    for text in ("micro-F1 on the test part", "threshold", "Decisions", "Precision and recall", "Worst mistakes"):
        assert text in page
    assert "http" not in page.replace("http://www.w3.org", "")


@pytest.mark.slow  # test_history.py converts one of each task
def test_one_column_is_binary_with_one_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = _write_csv(tmp_path / "data", "filename,defect", lambda number: str(number & 1))
    assert train([str(data), "--out", str(tmp_path / "run"), *FAST]) == 0
    assert "task: binary (defect or not)" in capfd.readouterr().err
    record = TrainingRecord.load(tmp_path / "run")
    assert (record.task, record.classes, record.thresholds) == ("binary", ("not defect", "defect"), ())
    assert np.array(record.metrics["confusion_matrix"]).shape == (2, 2)
    model = tmp_path / "model.tflite"
    assert convert([str(tmp_path / "run"), "--out", str(model), *ANY_DROP]) == 0
    file = read_model_file(model)
    assert isinstance(file.manifest, ModelManifest)
    assert file.manifest.task == "binary"
    assert file.output.shape[-1] == 1
    capfd.readouterr()
    assert run([str(model), str(tmp_path / "data" / "00.png")]) == 0
    scores = {item["label"]: item["score"] for item in json.loads(capfd.readouterr().out)["categories"]}
    assert set(scores) == {"not defect", "defect"}
    assert sum(scores.values()) == pytest.approx(1, abs=1e-4)
