"""What the labels say: the task, the imbalance, the weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from edge_runtime.contracts.dataset import LabelledImages
from trainer.data.labels import balanced_weights, choose_task, report_imbalance
from trainer.errors import DataError


def _images(labels: list[tuple[int, ...]], classes: tuple[str, ...] = ("a", "b", "c")) -> LabelledImages:
    return LabelledImages(Path("data"), classes, tuple(f"{number}.png" for number in range(len(labels))), tuple(labels))


@pytest.mark.parametrize(
    ("images", "task", "reason"),
    [
        (_images([(0,), (1,), (2,)]), "single-label", "each image has one label"),
        (_images([(0,), (1,)], ("cat", "dog")), "single-label", "each image has one label"),
        (_images([(0,), (1,)], ("not dog", "dog")), "binary", "dog or not"),
        (_images([(0,), (1, 2)]), "multi-label", "not every image has exactly one label"),
        (_images([(0,), ()]), "multi-label", "not every image has exactly one label"),
    ],
)
def test_auto_reads_the_task_off_the_labels_and_says_so(
    images: LabelledImages, task: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="edge-deploy-kit")
    assert choose_task("auto", images) == task
    assert caplog.messages == [f"task: {task} ({reason})"]


def test_a_task_that_the_labels_do_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match=r"1\.png has 2 labels, task single-label needs one; use --task multi-label"):
        choose_task("single-label", _images([(0,), (1, 2)]))
    with pytest.raises(DataError, match=r"task binary needs two classes, there are 3"):
        choose_task("binary", _images([(0,), (1,)]))
    assert choose_task("binary", _images([(0,), (1,)], ("cat", "dog"))) == "binary"
    assert choose_task("multi-label", _images([(0,), (1,)])) == "multi-label"


def test_imbalance_is_said_with_its_fix(caplog: pytest.LogCaptureFixture) -> None:
    report_imbalance(_images([(0,)] * 4 + [(1,), (2,)]), "none")
    assert caplog.text == ""
    images = _images([(0,)] * 10 + [(1,)] * 2 + [(2,)] * 3)
    report_imbalance(images, "none")
    report_imbalance(images, "balanced")
    assert caplog.messages == [
        "imbalance: 10 images of a, 2 of b; --class-weights balanced makes them count alike",
        "imbalance: 10 images of a, 2 of b",
    ]


def test_the_weights_are_those_of_scikit_learn() -> None:
    labels = [0] * 7 + [1] * 2 + [2]
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(balanced_weights(_images([(label,) for label in labels]), "single-label"), wanted, 1e-6)
    several = _images([(0, 1), (0,), (), (2,)])
    shown = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1]])
    for label, column in enumerate(balanced_weights(several, "multi-label").T):
        np.testing.assert_allclose(
            column, compute_class_weight("balanced", classes=np.arange(2), y=shown[:, label]), 1e-6
        )
    binary = _images([(0,), (0,), (1,)], ("not x", "x"))
    np.testing.assert_allclose(balanced_weights(binary, "binary"), [[3 / 4], [3 / 2]], 1e-6)


@pytest.mark.tensorflow
def test_the_loss_is_the_cross_entropy_of_keras_times_the_weights() -> None:
    import keras

    from trainer.fit.objective import Objective

    generator = np.random.default_rng(0)
    logits = generator.normal(size=(20, 3))
    softmax = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    sigmoid = (1 / (1 + np.exp(-logits))).astype(np.float32)
    one_hot = np.eye(3, dtype=np.float32)[generator.integers(0, 3, 20)]
    several = generator.integers(0, 2, (20, 3)).astype(np.float32)

    single, multi = Objective("single-label", 3), Objective("multi-label", 3)
    for smoothing in (0.0, 0.1):
        keras_single = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
        keras_multi = keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
        assert float(single.loss(smoothing)(one_hot, softmax)) == pytest.approx(float(keras_single(one_hot, softmax)))
        assert float(multi.loss(smoothing)(several, sigmoid)) == pytest.approx(float(keras_multi(several, sigmoid)))

    weights = np.array([1, 2, 5], np.float32)
    found = float(Objective("single-label", 3, weights).loss()(one_hot, softmax))
    assert found == pytest.approx(float((-np.log((one_hot * softmax).sum(axis=1)) * (one_hot @ weights)).mean()), 1e-5)
    absent, present = np.array([[1, 1, 2], [3, 1, 4]], np.float32)
    each = -np.log(np.where(several == 1, sigmoid, 1 - sigmoid)) * np.where(several == 1, present, absent)
    found = float(Objective("multi-label", 3, np.stack([absent, present])).loss()(several, sigmoid))
    assert found == pytest.approx(float(each.mean()), 1e-5)
