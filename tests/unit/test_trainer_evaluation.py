"""The figures of an evaluation, worked out by hand on six images."""

from pathlib import Path

import numpy as np
import pytest

from edge_runtime.contracts.dataset import LabelledImages
from trainer.evaluation import Evaluation

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
    return Evaluation(images, np.array(TRUTH, np.int64), np.array(SCORES, np.float32))


def test_the_metrics_are_those_of_the_definitions(evaluation: Evaluation) -> None:
    metrics = evaluation.metrics()
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
