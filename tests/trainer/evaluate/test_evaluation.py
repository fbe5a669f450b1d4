"""The figures of an evaluation, worked out by hand on six images."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from edge_runtime.contracts.dataset import LabelledImages
from trainer.evaluate.evaluation import Evaluation
from trainer.evaluate.metrics import compute_metrics
from trainer.evaluate.thresholds import choose_thresholds

TRUTH = [0, 0, 0, 1, 1, 2]
SCORES = [
    [0.8, 0.1, 0.1],
    [0.7, 0.2, 0.1],
    [0.3, 0.6, 0.1],  # wrong
    [0.9, 0.1, 0.0],  # wrong, and surer of it
    [0.2, 0.7, 0.1],
    [0.5, 0.4, 0.1],  # wrong; nothing is ever taken for class 2
]


@pytest.fixture
def evaluation() -> Evaluation:
    names = tuple(f"{number}.png" for number in range(6))
    images = LabelledImages(Path("images"), ("a", "b", "c"), names, tuple((label,) for label in TRUTH))
    return Evaluation(images, np.array(SCORES, np.float32))


def test_the_metrics_are_those_of_the_definitions(evaluation: Evaluation) -> None:
    metrics = compute_metrics(evaluation)
    assert metrics["accuracy"] == 3 / 6
    assert metrics["loss"] == pytest.approx(-np.log([0.8, 0.7, 0.3, 0.1, 0.7, 0.1]).mean(), rel=1e-5)
    assert metrics["confusion_matrix"] == [[2, 1, 0], [1, 1, 0], [1, 0, 0]]
    rows = {row["label"]: [row["precision"], row["recall"], row["f1"], row["support"]] for row in metrics["per_class"]}
    assert rows["a"] == pytest.approx([2 / 4, 2 / 3, 4 / 7, 3])
    assert rows["b"] == pytest.approx([1 / 2, 1 / 2, 1 / 2, 2])
    assert rows["c"] == [0, 0, 0, 1]


def test_mistakes_come_most_confident_first(evaluation: Evaluation) -> None:
    assert evaluation.worst_mistakes(10) == [3, 2, 5]
    assert evaluation.worst_mistakes(2) == [3, 2]


def test_the_threshold_with_the_best_f1_is_found_by_trying_all() -> None:
    generator = np.random.default_rng(3)
    shown = generator.random((60, 4)) < [0.05, 0.3, 0.7, 0.5]
    scores = np.clip(0.3 * shown + generator.random((60, 4)), 0, 1.3).astype(np.float32) / 1.3
    thresholds = choose_thresholds(shown, scores)
    allowed = [(0.0, 1.0) if count >= 10 else (0.1, 0.9) for count in shown.sum(axis=0)]
    assert allowed[0] == (0.1, 0.9)
    for label in range(4):

        def f1(threshold: float, label: int = label) -> float:
            return float(f1_score(shown[:, label], scores[:, label] >= threshold))

        low, high = allowed[label]
        steps = [low, high, *scores[(scores[:, label] >= low) & (scores[:, label] <= high), label]]
        assert f1(thresholds[label]) == pytest.approx(max(map(f1, steps))), "between two scores F1 does not change"


def test_the_threshold_is_the_best_one_nearest_to_a_half() -> None:
    shown = np.array([[0, 1], [0, 1], [1, 1]], bool)
    scores = np.array([[0.1, 0.2], [0.2, 0.3], [0.4, 0.4]], np.float32)
    assert choose_thresholds(shown, scores).tolist() == pytest.approx([0.3, 0.1])
    assert choose_thresholds(np.zeros((3, 2), bool), scores).tolist() == [0.5, 0.5]


def test_the_metrics_of_several_labels_an_image() -> None:
    images = LabelledImages(Path("images"), ("a", "b"), ("0.png", "1.png", "2.png"), ((0,), (0, 1), ()))
    scores = np.array([[0.6, 0.1], [0.3, 0.5], [0.1, 0.2]], np.float32)
    evaluation = Evaluation(images, scores, np.array([0.4, 0.2], np.float32))
    metrics = compute_metrics(evaluation)
    assert metrics["confusion_matrix"] == [[[1, 0], [1, 1]], [[1, 1], [0, 1]]]
    assert metrics["micro_f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert metrics["accuracy"] == pytest.approx(1 / 3)
    assert metrics["loss"] == pytest.approx(-np.log([0.6, 0.9, 0.3, 0.5, 0.9, 0.8]).mean(), rel=1e-5)
    assert metrics["thresholds"] == pytest.approx([0.4, 0.2])
    assert evaluation.worst_mistakes(5) == [1, 2]
