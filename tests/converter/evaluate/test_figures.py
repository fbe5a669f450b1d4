"""The figures of an evaluation equal scikit-learn's on the same scores."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from converter.evaluate import Figures, figures_of
from converter.evaluate.calibration import expected_error
from converter.evaluate.difference import Answered, Difference, difference_of
from converter.judge import answers_of, truth_of

LABELS = tuple("abcdefgh")
CLASSES = len(LABELS)


def single(seed: int, images: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """The classes that images show, all but the last, and scores with ties that often meet them."""
    generator = np.random.default_rng(seed)
    shown = generator.integers(0, CLASSES - 1, images)
    raw = generator.integers(0, 8, (images, CLASSES)) + 3.0 * np.eye(CLASSES)[shown]
    return shown, (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)


def several(seed: int, images: int = 90) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.random((images, CLASSES)) < 0.3
    scores = np.clip(0.3 * truth + generator.integers(0, 15, truth.shape) / 20, 0, 1)
    return truth, scores.astype(np.float32)


def figures_of_single(shown: np.ndarray, scores: np.ndarray) -> Figures:
    return figures_of(LABELS, truth_of([(label,) for label in shown.tolist()], CLASSES), scores, "single-label")


def check_classes(figures: Figures, expected: Any) -> None:
    for row, precision, recall, f1, images in zip(figures.per_class, *expected, strict=True):
        assert (row.precision, row.recall, row.f1, row.images) == pytest.approx((precision, recall, f1, images))


@pytest.mark.parametrize("seed", range(4))
def test_of_one_class_an_image(seed: int) -> None:
    shown, scores = single(seed)
    figures, said = figures_of_single(shown, scores), scores.argmax(axis=1)
    numbers = np.arange(CLASSES)
    assert figures.metric == "top-1"
    assert figures.top_1 == figures.value == pytest.approx(metrics.accuracy_score(shown, said))
    assert figures.micro_f1 == pytest.approx(metrics.f1_score(shown, said, average="micro"))
    assert figures.macro_f1 == pytest.approx(metrics.f1_score(shown, said, average="macro"))
    recalls = metrics.recall_score(shown, said, labels=np.unique(shown), average="macro")
    assert figures.balanced_accuracy == pytest.approx(recalls)
    check_classes(
        figures, metrics.precision_recall_fscore_support(shown, said, labels=numbers, average=None, zero_division=0)
    )
    matrix = np.zeros((CLASSES, CLASSES), int)
    for cell in figures.confusion:
        matrix[LABELS.index(cell.truth), LABELS.index(cell.answer)] = cell.images
    assert (matrix == metrics.confusion_matrix(shown, said, labels=numbers)).all()
    assert figures.threshold_curve == ()


def test_top_5() -> None:
    shown, scores = single(0)
    scores += np.random.default_rng(1).random(scores.shape).astype(np.float32) / 1000  # no ties
    expected = metrics.top_k_accuracy_score(shown, scores, k=5, labels=np.arange(CLASSES))
    assert figures_of_single(shown, scores).top_5 == pytest.approx(expected)


@pytest.mark.parametrize(("classes", "has_it"), [(5, False), (6, True)])
def test_top_5_is_for_more_classes_than_five(classes: int, has_it: bool) -> None:
    figures = figures_of(
        LABELS[:classes], np.eye(classes, dtype=bool), np.eye(classes, dtype=np.float32), "single-label"
    )
    assert figures.top_5 == (1.0 if has_it else None)


@pytest.mark.parametrize("seed", range(3))
def test_the_area_under_the_roc_curve_of_one_against_the_rest(seed: int) -> None:
    shown, scores = single(seed)
    figures = figures_of_single(shown, scores)
    areas = [metrics.roc_auc_score(shown == label, scores[:, label]) for label in range(CLASSES - 1)]
    assert [row.roc_auc for row in figures.per_class] == [*map(pytest.approx, areas), None]
    assert figures.roc_auc == pytest.approx(np.mean(areas))


@pytest.mark.parametrize("seed", range(3))
def test_of_several_labels(seed: int) -> None:
    truth, scores = several(seed)
    thresholds = tuple(np.linspace(0.3, 0.7, CLASSES).tolist())
    said = scores >= np.asarray(thresholds, np.float32)
    figures = figures_of(LABELS, truth, scores, "multi-label", thresholds)
    assert figures.metric == "micro-f1"
    assert figures.top_1 == pytest.approx(metrics.accuracy_score(truth, said))
    assert figures.value == figures.micro_f1 == pytest.approx(metrics.f1_score(truth, said, average="micro"))
    assert figures.macro_f1 == pytest.approx(metrics.f1_score(truth, said, average="macro"))
    assert figures.roc_auc == pytest.approx(metrics.roc_auc_score(truth, scores, average="macro"))
    check_classes(figures, metrics.precision_recall_fscore_support(truth, said, average=None, zero_division=0))
    assert (figures.top_5, figures.balanced_accuracy, figures.confusion) == (None, None, ())
    for point in figures.threshold_curve:
        at = scores >= np.float32(point.threshold)
        for name, average in (("micro_f1", "micro"), ("macro_f1", "macro")):
            expected = metrics.f1_score(truth, at, average=average, zero_division=0)
            assert getattr(point, name) == pytest.approx(expected)
        assert point.precision == pytest.approx(metrics.precision_score(truth, at, average="micro", zero_division=0))
        assert point.recall == pytest.approx(metrics.recall_score(truth, at, average="micro"))


def test_calibration_is_the_distance_of_scores_from_the_share_that_is_right() -> None:
    scores = np.array([[0.9, 0.1], [0.9, 0.1], [0.92, 0.08], [0.4, 0.6]], np.float32)
    truth = truth_of([(0,), (1,), (0,), (1,)], 2)
    figures = figures_of("ab", truth, scores, "single-label")
    # the bins end at 9/15 = 0.6 and 14/15 = 0.933
    assert [(each.count, each.right) for each in figures.reliability] == [(1, 1.0), (3, pytest.approx(2 / 3))]
    assert [(each.low, each.high) for each in figures.reliability] == [(9 / 15, 10 / 15), (13 / 15, 14 / 15)]
    assert figures.ece == pytest.approx((0.4 + 3 * (0.9066667 - 2 / 3)) / 4, abs=1e-6)
    assert expected_error(()) == 0


def test_the_lowest_and_the_highest_score_lie_in_the_first_and_the_last_bin() -> None:
    scores = np.array([[0.0, 1.0], [0.05, 14.5 / 15]], np.float32)
    truth = np.array([[False, True], [True, False]])
    first, last = figures_of("ab", truth, scores, "multi-label").reliability
    assert (first.low, first.count, first.right) == (0, 2, 0.5)
    assert (last.high, last.count, last.right, last.confidence) == (1, 2, 0.5, pytest.approx(29.5 / 30))


def test_scores_that_are_no_numbers_are_wrong_and_counted() -> None:
    shown, scores = single(0)
    scores[:10] = np.nan
    figures = figures_of_single(shown, scores)
    said = scores[10:].argmax(axis=1)
    assert figures.no_numbers == 10
    assert figures.top_1 == pytest.approx((said == shown[10:]).sum() / len(shown))
    assert sum(cell.images for cell in figures.confusion) == len(shown) - 10


def answered(name: str, truth: np.ndarray, scores: np.ndarray) -> Answered:
    figures = figures_of(LABELS, truth, scores, "single-label")
    return Answered(name, scores, answers_of(scores, "single-label"), figures)


def test_a_model_against_another() -> None:
    shown, scores = single(0)
    truth = truth_of([(label,) for label in shown.tolist()], CLASSES)
    other = np.roll(scores, 1, axis=1)
    other[:60] = scores[:60]
    right, now = (each.argmax(axis=1) == shown for each in (scores, other))
    difference = difference_of(truth, answered("a", truth, scores), answered("b", truth, other))
    assert isinstance(difference, Difference)
    assert (difference.base, difference.model) == ("a", "b")
    assert difference.difference_pp == pytest.approx(100 * (now.mean() - right.mean()))
    assert (difference.gained, difference.lost) == ((now & ~right).sum(), (right & ~now).sum())
    assert difference.agreement == pytest.approx((scores.argmax(axis=1) == other.argmax(axis=1)).mean())
    low, high = difference.interval_pp
    assert low < difference.difference_pp < high < 0
