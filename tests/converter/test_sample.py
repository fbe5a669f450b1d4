"""The sample's model through edge-convert's public door: what the file and its reports say is what is measured."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from converter.cli import main
from edge_runtime import Classifier, read_image
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.model.file import read_associated_files, read_model_file, weights_sha256

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def record(sample_run: Path) -> TrainingRecord:
    return TrainingRecord.load(sample_run)


@pytest.fixture(scope="module")
def report(sample_int8: Path) -> dict[str, Any]:
    return json.loads(sample_int8.with_name("model.report.json").read_text())


def test_int8_passes_the_gate_at_a_third_of_the_size(sample_int8: Path, report: dict[str, Any]) -> None:
    chosen = report["chosen"]
    assert chosen["gate"]["passed"] is True
    assert chosen["gate"]["candidate"] >= 0.88
    assert chosen["gate"]["drop_pp"] <= 1.0
    assert chosen["size_bytes"] + report["delivery"]["golden_bytes"] == sample_int8.stat().st_size
    assert chosen["size_bytes"] <= 0.35 * report["float32"]["size_bytes"]
    assert report["candidates"] == [chosen]


def test_the_file_takes_bytes_and_carries_its_contract(sample_int8: Path, record: TrainingRecord) -> None:
    model = read_model_file(sample_int8)
    assert (model.input.dtype, model.output.dtype) == ("uint8", "uint8")
    assert model.input.shape[0] == 1
    assert model.manifest is not None
    assert model.manifest.labels == record.classes
    assert model.manifest.preprocessing == record.preprocessing
    assert model.manifest.recipe == "int8"
    assert model.manifest.weights_sha256 == weights_sha256(sample_int8)
    assert model.manifest.provenance.data_fingerprint == record.data.fingerprint
    assert model.manifest.provenance.training == record.config
    assert model.manifest.gate is not None
    assert model.normalization == ((127.5,), (127.5,))
    labels = read_associated_files(sample_int8)["labels.txt"].decode()
    assert tuple(labels.splitlines()) == record.classes


def test_the_reported_accuracy_is_what_the_runtime_finds(
    sample_int8: Path, record: TrainingRecord, report: dict[str, Any]
) -> None:
    images = record.part("test")
    with Classifier(sample_int8) as classifier:
        found = [int(np.argmax(classifier.scores(read_image(images.path(index))))) for index in range(len(images))]
    right = sum(label == (best,) for label, best in zip(images.labels, found, strict=True))
    assert right / len(images) == report["chosen"]["gate"]["candidate"]
    per_class = {row["label"]: row for row in report["chosen"]["per_class"]}
    for index, label in enumerate(record.classes):
        shown = [best for (truth,), best in zip(images.labels, found, strict=True) if truth == index]
        assert per_class[label]["images"] == len(shown)
        assert per_class[label]["candidate"] == pytest.approx(shown.count(index) / len(shown))


def test_the_reference_is_the_keras_model_as_it_was_trained(record: TrainingRecord, report: dict[str, Any]) -> None:
    assert report["chosen"]["gate"]["reference"] == pytest.approx(record.metrics["accuracy"])
    assert report["float32"]["gate"]["agreement"] >= 0.995
    assert report["evaluation"]["images"] == len(record.part("test"))


def test_calibration_is_balanced_and_from_the_training_part(record: TrainingRecord, report: dict[str, Any]) -> None:
    assert report["calibration"]["images"] == 200
    assert report["calibration"]["per_class"] == dict.fromkeys(record.classes, 20)


def test_latency_says_how_it_was_measured(report: dict[str, Any]) -> None:
    for row in (report["float32"], report["chosen"]):
        assert row["latency_ms"]["p50"] > 0
        assert "1 thread" in row["latency_ms"]["how"]
        assert row["latency_ms"]["delegate"] == "xnnpack"


def test_html_is_one_file_with_the_verdict(sample_int8: Path, record: TrainingRecord) -> None:
    html = sample_int8.with_name("model.report.html").read_text()
    assert "Passed" in html
    assert all(label in html for label in record.classes)
    assert not any(loads in html for loads in ("http://", "https://", "<script", "<link"))
    assert html.count('src="') == html.count('src="data:image/jpeg;base64,') > 0


def test_python_reads_the_files_straight_from_the_model(sample_int8: Path) -> None:
    with zipfile.ZipFile(sample_int8) as archive:
        assert archive.namelist() == [
            "labels.txt",
            "edge_manifest.json",
            "edge_golden.json",
            "edge_golden_0.png",
            "edge_golden_1.png",
        ]


def test_a_broken_calibration_makes_the_gate_refuse_the_samples_model(
    sample_run: Path, record: TrainingRecord, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "white" / record.classes[0]
    folder.mkdir(parents=True)
    Image.new("L", (28, 28), 255).save(folder / "0.png")
    out = tmp_path / "model.tflite"
    assert (
        main([str(sample_run), "--out", str(out), "--quantize", "int8", "--calibration-data", str(folder.parent)]) == 3
    )
    assert not out.exists()
    assert "not written: top-1 fell by" in capfd.readouterr().err
