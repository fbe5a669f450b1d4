"""What outputs are is read off them, not off the operator that made them."""

import logging
from pathlib import Path

import numpy as np
import pytest
from odd_models import write_mean_model
from tiny_model import solid_frame, write_tiny_model

from edge_runtime import Classifier
from edge_runtime.contracts.manifest import Task
from edge_runtime.inference import read_meaning

FRAME = solid_frame((200, 30, 90))


def softmax(rows: np.ndarray) -> np.ndarray:
    powers = np.exp(rows)
    return powers / powers.sum(axis=1, keepdims=True)


LOGITS = np.random.default_rng(1).normal(0, 3, (8, 4)).astype(np.float32)
CHANCES = softmax(LOGITS)
SIGMOIDS = 1 / (1 + np.exp(-LOGITS))


@pytest.mark.parametrize(
    ("outputs", "task", "step", "activation", "found"),
    [
        (LOGITS, "single-label", 0, "softmax", None),
        (LOGITS, "multi-label", 0, "sigmoid", None),
        (LOGITS[:, :1], "binary", 0, "sigmoid", None),
        (CHANCES, "single-label", 0, "none", "single-label"),
        (CHANCES[:, 1:], "single-label", 0, "none", "single-label"),
        (CHANCES[:, :1], "binary", 0, "none", None),
        (SIGMOIDS, "single-label", 0, "none", "multi-label"),
        (np.clip(LOGITS, 0, 1), "single-label", 0, "softmax", None),
        (CHANCES + 0.0009 / 4, "single-label", 0, "none", "single-label"),
        (np.round(CHANCES * 256) / 256, "single-label", 1 / 256, "none", "single-label"),
        (np.round(SIGMOIDS * 256) / 256, "single-label", 1 / 256, "none", "multi-label"),
        (np.round(LOGITS * 16) / 16, "single-label", 1 / 16, "softmax", None),
        (CHANCES - 0.002, "single-label", 0, "softmax", None),
        (np.array([[1.0009, -0.0009]]), "single-label", 0, "none", "single-label"),
        (np.array([[1.0015, -0.0015]]), "single-label", 0, "softmax", None),
        (np.array([[1.0, 0.2]]), "multi-label", 0, "sigmoid", None),
        (np.array([[0.9, 0.0, 0.2]]), "multi-label", 0, "sigmoid", None),
        (np.array([[1.0, 0.2]]), "multi-label", 1 / 256, "none", "multi-label"),
        (np.array([[0.5, 0.506]]), "single-label", 1 / 256, "none", "multi-label"),
        (np.array([[0.5, 0.504]]), "single-label", 1 / 256, "none", "single-label"),
        (np.array([[0.5, 0.49]]), "single-label", 0, "none", "single-label"),
    ],
)  # fmt: skip
def test_the_meaning_of_outputs(outputs: np.ndarray, task: Task, step: float, activation: str, found: str) -> None:
    meaning = read_meaning(outputs.astype(np.float32), task, step)
    assert (meaning.activation, meaning.task) == (activation, found)


def test_probabilities_behind_another_operator_stay_as_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_mean_model(tmp_path / "m.tflite", (1, 6, 8, 3), (1, 2), activation=True, after="relu")
    with caplog.at_level(logging.INFO, "edge-deploy-kit"), Classifier(path, normalization="0..1") as classifier:
        scores = classifier.scores(FRAME)
    assert scores == pytest.approx(softmax(np.array([[200, 30, 90]]) / 255)[0], abs=1e-6)
    assert "--activation none (8 images gave 0.186 to 0.576 that sum to 1: probabilities already)" in caplog.text
    assert caplog.text.count("each option overrules") == 1


@pytest.mark.parametrize("activation", ["none", "softmax", "sigmoid"])
def test_what_the_user_says_of_the_activation_goes(
    tmp_path: Path, activation: str, caplog: pytest.LogCaptureFixture
) -> None:
    means = np.array([[200, 30, 90]]) / 255
    right = {"none": means, "softmax": softmax(means), "sigmoid": 1 / (1 + np.exp(-means))}[activation]
    path = write_tiny_model(tmp_path / "m.tflite", activation="none")
    with caplog.at_level(logging.INFO, "edge-deploy-kit"):
        scores = Classifier(path, normalization="0..1", activation=activation).scores(FRAME)
    assert scores == pytest.approx(right[0], abs=1e-6)
    assert "--activation" not in caplog.text


def test_the_task_chooses_what_logits_get_and_how_sigmoids_are_read(tmp_path: Path) -> None:
    logits = write_tiny_model(tmp_path / "logits.tflite", activation="none")
    labels = Classifier(logits, normalization="127.5,51", task="multi-label")
    assert (labels.contract.task, labels.contract.activation) == ("multi-label", "sigmoid")
    assert labels.scores(solid_frame((127, 255, 0)))[1] == pytest.approx(1 / (1 + np.exp(-2.5)), abs=1e-6)
    sigmoids = write_tiny_model(tmp_path / "sigmoids.tflite", activation="logistic")
    assert Classifier(sigmoids, normalization="0..1").contract.task == "multi-label"
    one = Classifier(sigmoids, normalization="0..1", task="single-label")
    assert (one.contract.task, one.contract.activation) == ("single-label", "none")


@pytest.mark.parametrize(
    ("task", "channels", "message"),
    [("binary", 3, "needs a model of 1 or 2 outputs; it has 3"), ("single-label", 1, "2 or more outputs; it has 1")],
)
def test_a_task_that_does_not_fit_is_refused(tmp_path: Path, task: str, channels: int, message: str) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", channels=channels)
    with pytest.raises(Exception, match=message):
        Classifier(path, normalization="0..1", task=task)


def test_a_normalization_that_merges_pixel_values_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    quantization = (1 / 255, 0)
    path = write_tiny_model(tmp_path / "m.tflite", dtype="uint8", input_quantization=quantization)
    Classifier(path, normalization="0..1")
    assert "pixel values" not in caplog.text
    Classifier(path, normalization="-1..1")
    assert f"{path}: with this --normalization the 256 pixel values become 129 numbers of its uint8" in caplog.text


def test_the_null_backend_decides_nothing(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", activation="none")
    assert Classifier(path, normalization="0..1", backend="null").contract.activation == "softmax"
