import numpy as np
import pytest

from converter.judge.compare import answers_of, class_drops, confidence_shift, same_answers, truth_of


def one_hot(classes: list[int]) -> np.ndarray:
    return np.eye(4, dtype=np.bool_)[classes]


def test_each_class_is_compared_on_its_own_images_and_the_worst_comes_first() -> None:
    truth, before, after = map(one_hot, ([0, 0, 0, 0, 1, 1, 3], [0, 0, 0, 1, 1, 0, 3], [0, 1, 1, 1, 1, 1, 3]))
    rows = class_drops(("a", "b", "c", "d"), truth, before, after, "top-1")
    assert [(row.label, row.images, row.reference, row.candidate) for row in rows] == [
        ("a", 4, 0.75, 0.25),
        ("d", 1, 1.0, 1.0),
        ("b", 2, 0.5, 1.0),
    ]
    assert [row.drop_pp for row in rows] == pytest.approx([50, 0, -50])


def test_of_several_labels_the_f1_of_each_is_compared() -> None:
    truth = truth_of([(0, 1), (1,), (0,)], 2)
    before = truth
    after = truth_of([(0,), (1,), (0, 1)], 2)  # one found, one missed, one too many of the second label
    rows = class_drops(("a", "b"), truth, before, after, "micro-f1")
    assert [(row.label, row.candidate) for row in rows] == [("b", 0.5), ("a", 1.0)]


def test_a_row_with_a_score_that_is_no_number_has_no_answer_and_agrees_with_none() -> None:
    scores = np.array([[0.1, 0.9], [np.nan, 0.9], [0.5, np.inf]], np.float32)
    answers = answers_of(scores, "single-label")
    assert answers.tolist() == [[False, True], [False, False], [False, False]]
    assert same_answers(answers, answers, scores).tolist() == [True, False, False]


def test_the_confidence_shift_follows_what_the_reference_answered() -> None:
    reference = np.array([[0.8, 0.2], [0.3, 0.7]], np.float32)
    candidate = np.array([[0.6, 0.4], [0.9, 0.1]], np.float32)
    assert confidence_shift(reference, candidate) == pytest.approx((-0.2 - 0.6) / 2)
