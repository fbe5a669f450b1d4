"""edge-train on the bundled sample: what it leaves in RUN, and whether it is true."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix, log_loss

from edge_runtime.contracts.codec import decode, encode
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.preprocess import Preprocessor, read_image
from trainer.cli import main
from trainer.features.store import features_folder

pytestmark = pytest.mark.tensorflow

FILES = {
    "model.keras",
    "training.json",
    "report.html",
    "plots/history.png",
    "plots/per_class.png",
    "plots/confusion_matrix.png",
    "plots/samples.png",
    "plots/mistakes.png",
}


def _files(run: Path) -> set[str]:
    return {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}


def test_run_holds_the_promised_files_and_nothing_else(sample_run: Path) -> None:
    assert _files(sample_run) == FILES
    for name in FILES:
        if name.endswith(".png"):
            with Image.open(sample_run / name) as picture:
                picture.load()
                assert min(picture.size) > 300


def test_the_record_survives_json(sample_run: Path) -> None:
    record = TrainingRecord.load(sample_run)
    assert decode(TrainingRecord, json.loads(json.dumps(encode(record))), "again") == record


def test_the_record_says_what_was_done(sample_run: Path) -> None:
    record = TrainingRecord.load(sample_run)
    assert (record.task, record.activation, record.thresholds) == ("single-label", "none", ())
    assert record.config["weights"] == "bundled"
    assert (record.preprocessing.height, record.preprocessing.mean, record.preprocessing.std) == (
        48,
        (127.5,),
        (127.5,),
    )
    assert {len(values) for values in record.history["head"].values()} == {record.config["epochs"]}
    assert set(record.seconds) == {"data", "backbone", "features", "head", "evaluation"}
    assert {"python", "tensorflow", "keras", "numpy"} <= set(record.versions)


def test_no_image_stands_in_two_parts_and_the_official_test_part_is_whole(sample_run: Path) -> None:
    record = TrainingRecord.load(sample_run)
    digests = {part: set(record.part(part).digests) for part in ("train", "val", "test")}
    assert sum(map(len, digests.values())) == 1400 == len(set.union(*digests.values()))
    assert all(name.startswith("test/") for name in record.part("test").names)
    assert len(record.part("test")) == 400
    assert {record.part("val").labels.count((label,)) for label in range(10)} == {11}


def test_the_test_part_is_recognised(sample_run: Path) -> None:
    assert TrainingRecord.load(sample_run).metrics["accuracy"] >= 0.9


def test_the_saved_model_gives_the_recorded_metrics(sample_run: Path) -> None:
    """Everything anew from the files: the model, its preprocessing, the images, the figures."""
    import keras

    record = TrainingRecord.load(sample_run)
    spec, images = record.preprocessing, record.part("test")
    preprocess = Preprocessor(spec, TensorSpec((1, spec.height, spec.width, spec.channels), "float32"))
    pixels = np.empty((len(images), spec.height, spec.width, spec.channels), np.float32)
    for index in range(len(images)):
        preprocess(read_image(images.path(index)), pixels[index : index + 1])
    scores = keras.models.load_model(sample_run / "model.keras").predict(pixels, verbose=0)
    truth = np.array([label for (label,) in images.labels])
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-5)
    assert (scores.argmax(axis=1) == truth).mean() == record.metrics["accuracy"]
    assert confusion_matrix(truth, scores.argmax(axis=1)).tolist() == record.metrics["confusion_matrix"]
    assert log_loss(truth, scores) == pytest.approx(record.metrics["loss"], rel=1e-4)


def test_the_metrics_agree_with_one_another(sample_run: Path) -> None:
    metrics = TrainingRecord.load(sample_run).metrics
    matrix = np.array(metrics["confusion_matrix"])
    assert metrics["accuracy"] == np.trace(matrix) / matrix.sum()
    for index, row in enumerate(metrics["per_class"]):
        assert row["support"] == matrix[index].sum()
        assert row["recall"] == pytest.approx(matrix[index, index] / matrix[index].sum())
        assert row["precision"] == pytest.approx(matrix[index, index] / matrix[:, index].sum())
        assert row["f1"] == pytest.approx(2 / (1 / row["precision"] + 1 / row["recall"]))


def test_the_model_file_holds_no_optimizer(sample_run: Path) -> None:
    import keras

    model = keras.models.load_model(sample_run / "model.keras")
    assert not hasattr(model, "optimizer") or model.optimizer is None
    assert model.input_shape == (None, 48, 48, 3)
    assert model.output_shape == (None, 10)


def test_the_report_is_one_file_with_the_pictures_inside(sample_run: Path) -> None:
    html = (sample_run / "report.html").read_text("utf-8")
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    pictures = [source.removeprefix("data:image/png;base64,") for source in sources]
    assert [base64.b64decode(picture, validate=True) for picture in pictures] == [
        (sample_run / "plots" / name).read_bytes()
        for name in ("history.png", "per_class.png", "confusion_matrix.png", "samples.png", "mistakes.png")
    ]
    assert f"{100 * TrainingRecord.load(sample_run).metrics['accuracy']:.1f} %" in html
    assert "ankle-boot" in html
    assert Image.open(io.BytesIO(base64.b64decode(pictures[0]))).format == "PNG"


def test_the_same_seed_gives_the_same_figures_and_the_features_come_from_the_cache(
    sample_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(sample_run.parent.with_name("cache")))  # the demo's
    first = TrainingRecord.load(sample_run)
    assert main(["sample", "--out", str(tmp_path / "again")]) == 0
    out, err = capfd.readouterr()
    again = TrainingRecord.load(tmp_path / "again")
    assert (again.data, again.history, again.metrics) == (first.data, first.history, first.metrics)
    for part in ("train", "val"):
        assert f"features: {len(again.part(part))} taken from {features_folder()}" in err
    assert out.splitlines()[0].split() == [
        "test", "top-1", f"{again.metrics['accuracy']:.4f}", f"({round(again.metrics['accuracy'] * 400)}",
        "of", "400", "images)",
    ]  # fmt: skip
