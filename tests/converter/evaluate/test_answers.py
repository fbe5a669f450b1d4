"""Which mistakes are shown first, and in what words."""

from pathlib import Path

import numpy as np
import pytest

from converter.evaluate.answers import SHOWN, changed_images, mistakes_of, said_of, truth_scores
from converter.judge import answers_of, truth_of
from edge_runtime.contracts.dataset import LabelledImages

LABELS = ("a", "b", "c")


def images_of(*labels: tuple[int, ...]) -> LabelledImages:
    return LabelledImages(Path("root"), LABELS, tuple(f"{number}.png" for number in range(len(labels))), labels)


def mistakes(images: LabelledImages, scores: np.ndarray, *, several: bool) -> tuple[list[str], list[str]]:
    truth = truth_of(images.labels, len(LABELS))
    answers = answers_of(scores, "multi-label" if several else "single-label")
    said = said_of("m", LABELS, answers, scores, truth)
    worst, surest = mistakes_of(images, truth, answers, scores, said, several)
    return [each.image for each in worst], [each.image for each in surest]


def test_of_one_class_the_worst_has_the_least_likely_truth_and_the_surest_the_highest_wrong_score() -> None:
    images = images_of((0,), (0,), (0,), (1,))
    scores = np.array([[0.3, 0.6, 0.1], [0.1, 0.5, 0.4], [0.9, 0.1, 0.0], [0.55, 0.2, 0.25]], np.float32)
    assert mistakes(images, scores, several=False) == (["1.png", "3.png", "0.png"], ["0.png", "3.png", "1.png"])


def test_of_several_labels_the_worst_is_the_decision_that_is_furthest_off() -> None:
    images = images_of((0, 1), (), (2,), (0,))
    scores = np.array([[0.9, 0.4, 0.0], [0.95, 0.0, 0.0], [0.6, 0.0, 0.1], [0.7, 0.2, 0.1]], np.float32)
    assert mistakes(images, scores, several=True) == (["1.png", "2.png", "0.png"], ["1.png", "2.png", "0.png"])


def test_no_more_than_a_page_holds() -> None:
    images = images_of(*[(0,)] * (SHOWN + 5))
    scores = np.tile(np.array([[0.1, 0.9, 0.0]], np.float32), (len(images), 1))
    worst, surest = mistakes(images, scores, several=False)
    assert worst == surest == [f"{number}.png" for number in range(SHOWN)]


def test_answers_in_words() -> None:
    scores = np.array([[0.7, 0.2, 0.8], [0.1, 0.2, 0.3], [np.nan, 0.9, 0.1]], np.float32)
    truth = truth_of([(0, 2), (2,), (1,)], 3)
    answers = answers_of(scores, "multi-label")
    said = said_of("m", LABELS, answers, scores, truth)
    assert [(each.answer, each.score, each.right) for each in said] == [
        ("a, c", 0.8, True), ("none", 0.3, False), ("none", 0.9, False)
    ]  # fmt: skip
    assert {each.right for each in said_of("m", LABELS, answers, scores, None)} == {None}
    assert truth_scores(truth, scores).tolist() == pytest.approx([0.7, 0.3, 0.9])
    assert truth_scores(np.zeros((1, 3), bool), scores[:1]).tolist() == [0]


def test_images_on_which_any_model_differs_from_the_first() -> None:
    images = images_of((0,), (1,), (2,))
    first = np.eye(3, dtype=np.float32)
    second, third = first.copy(), first.copy()
    second[1], third[2] = first[0], first[1]
    all_scores = [first, second, third]
    answers = [answers_of(each, "single-label") for each in all_scores]
    said = [
        said_of(name, LABELS, each, scores, answers[0])
        for name, each, scores in zip("xyz", answers, all_scores, strict=True)
    ]
    changed = changed_images(images, answers, said)
    assert [(each.image, each.truth, [one.answer for one in each.said]) for each in changed] == [
        ("1.png", "b", ["b", "a", "b"]),
        ("2.png", "c", ["c", "c", "b"]),
    ]
    assert [one.model for one in changed[0].said] == ["x", "y", "z"]
