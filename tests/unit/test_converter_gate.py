"""The gate is a pure function: named cases, the exact boundary, scores that are no numbers, no images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import DataError
from converter.gate import judge, judge_counts

CASES = {
    "nothing lost": ((380, 380, 400, 1.0), True),
    "better than before": ((380, 390, 400, 0.0), True),
    "exactly at the boundary": ((380, 376, 400, 1.0), True),
    "one image past the boundary": ((380, 375, 400, 1.0), False),
    "boundary that floating point misses": ((700, 697, 1000, 0.3), True),
    "one past that boundary": ((700, 696, 1000, 0.3), False),
    "a third of a point is less than a third written short": ((300, 299, 300, 0.3333), False),
    "nothing allowed, nothing lost": ((10, 10, 10, 0.0), True),
    "nothing allowed, one lost": ((10, 9, 10, 0.0), False),
    "everything allowed": ((10, 0, 10, 100.0), True),
}


@pytest.mark.parametrize(("counts", "passes"), CASES.values(), ids=CASES.keys())
def test_counts_decide(counts: tuple[int, int, int, float], passes: bool) -> None:
    reference, candidate, images, max_drop = counts
    verdict = judge_counts(reference, candidate, images, max_drop)
    assert verdict.passed is passes
    assert verdict.metric == "top-1"
    assert verdict.reference == pytest.approx(reference / images)
    assert verdict.candidate == pytest.approx(candidate / images)
    assert verdict.drop_pp == pytest.approx(100 * (verdict.reference - verdict.candidate))
    assert (verdict.images, verdict.max_drop_pp) == (images, max_drop)


@given(st.integers(1, 10_000), st.data())
def test_a_drop_of_exactly_what_is_allowed_passes_and_one_image_more_does_not(images: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, images - 1))
    max_drop = 100 * lost / images
    if f"{max_drop:.2f}" == str(max_drop):  # what a user can type exactly
        assert judge_counts(images, images - lost, images, max_drop).passed
    assert not judge_counts(images, images - lost - 1, images, max_drop).passed


def scores(classes: list[int]) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[classes]


def test_scores_are_judged_by_their_best_class() -> None:
    truth = np.array([0, 1, 2, 2])
    verdict = judge(truth, scores([0, 1, 2, 0]), scores([0, 2, 2, 0]), 30.0)
    assert (verdict.reference, verdict.candidate, verdict.passed) == (0.75, 0.5, True)
    assert not judge(truth, scores([0, 1, 2, 0]), scores([0, 2, 2, 0]), 20.0).passed


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_candidate_whose_scores_are_no_numbers_never_passes(value: float) -> None:
    truth = np.array([0, 1, 2])
    candidate = scores([0, 1, 2])
    candidate[1, 1] = value
    verdict = judge(truth, scores([0, 1, 2]), candidate, 100.0)
    assert not verdict.passed
    assert verdict.candidate == pytest.approx(2 / 3)


def test_a_reference_whose_scores_are_no_numbers_is_an_error() -> None:
    reference = scores([0, 1])
    reference[0, 0] = np.nan
    with pytest.raises(DataError, match="no numbers"):
        judge(np.array([0, 1]), reference, scores([0, 1]), 1.0)


def test_no_images_are_an_error() -> None:
    with pytest.raises(DataError, match="no evaluation images"):
        judge(np.empty(0, np.int64), scores([]), scores([]), 1.0)
