"""The gate is a pure function: named cases, the exact boundary, scores that are no numbers, no images."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import DataError
from converter.judge.compare import ClassDrop, class_drops, truth_of
from converter.judge.gate import (
    Counts,
    LimitName,
    Limits,
    agreement_interval,
    coarseness,
    drop_pp,
    judge,
    refusals,
)
from edge_runtime.contracts.manifest import GateVerdict

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
    assert (drop_pp(Counts(reference, images), Counts(candidate, images)) <= max_drop) is passes


@given(st.integers(1, 10_000), st.data())
def test_a_drop_of_exactly_what_is_allowed_passes_and_one_image_more_does_not(images: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, images - 1))
    max_drop = 100 * lost / images
    all_right = Counts(images, images)
    if f"{max_drop:.2f}" == str(max_drop):  # what a user can type exactly
        assert drop_pp(all_right, Counts(images - lost, images)) <= max_drop
    assert drop_pp(all_right, Counts(images - lost - 1, images)) > max_drop


def scores(classes: list[int]) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[classes]


def judge_classes(truth: list[int], before: list[int], after: list[int], limits: Limits) -> GateVerdict:
    right, reference, candidate = truth_of([(label,) for label in truth], 3), scores(before), scores(after)
    drops = class_drops(("a", "b", "c"), right, reference > 0, candidate > 0, "top-1")
    return judge(right, reference, candidate, "single-label", limits, per_class=drops)


def test_scores_are_judged_by_their_best_class() -> None:
    verdict = judge_classes([0, 1, 2, 2], [0, 1, 2, 0], [0, 2, 2, 0], Limits(30.0))
    assert (verdict.metric, verdict.images, verdict.max_drop_pp) == ("top-1", 4, 30.0)
    assert (verdict.reference, verdict.candidate, verdict.drop_pp, verdict.passed) == (0.75, 0.5, 25.0, True)
    assert verdict.agreement == 0.75
    assert verdict.worst_class_drop_pp == 100.0
    assert not judge_classes([0, 1, 2, 2], [0, 1, 2, 0], [0, 2, 2, 0], Limits(20.0)).passed


LIMITS = {
    "a class may lose what it loses": (Limits(30.0, max_class_drop_pp=100.0), True, ""),
    "a class lost too much": (Limits(30.0, max_class_drop_pp=50.0), False, "class b fell by 100.0 pp, more than"),
    "enough answers stayed": (Limits(30.0, min_agreement_percent=75.0), True, ""),
    "too few answers stayed": (Limits(30.0, min_agreement_percent=76.0), False, "only 75.0% of the images keep their"),
    "the metric fell too far": (Limits(20.0), False, "top-1 fell by 25.00 pp, more than the 20 allowed (of 4"),
}  # fmt: skip


@pytest.mark.parametrize(("limits", "passes", "reason"), LIMITS.values(), ids=LIMITS.keys())
def test_every_limit_can_refuse_and_says_so(limits: Limits, passes: bool, reason: str) -> None:
    verdict = judge_classes([0, 1, 2, 2], [0, 1, 2, 0], [0, 2, 2, 0], limits)
    assert verdict.passed is passes
    said = "; ".join(refusals(verdict, [ClassDrop("b", 1, 1.0, 0.0, 100.0)]))
    assert said.startswith(reason)
    assert bool(said) is not passes


def test_answers_that_change_both_ways_show_in_the_agreement_alone() -> None:
    verdict = judge_classes([0, 1, 2, 2], [0, 1, 0, 2], [0, 1, 2, 0], Limits(0.0, min_agreement_percent=51.0))
    assert (verdict.drop_pp, verdict.agreement, verdict.passed) == (0.0, 0.5, False)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_candidate_whose_scores_are_no_numbers_never_passes(value: float) -> None:
    candidate = scores([0, 1, 2])
    candidate[1, 1] = value
    verdict = judge(truth_of([(0,), (1,), (2,)], 3), scores([0, 1, 2]), candidate, "single-label", Limits(100.0))
    assert not verdict.passed
    assert verdict.candidate == verdict.agreement == pytest.approx(2 / 3)
    assert refusals(verdict) == ["it gives scores that are no numbers (NaN or infinite)"]


def test_a_reference_whose_scores_are_no_numbers_is_an_error() -> None:
    reference = scores([0, 1])
    reference[0, 0] = np.nan
    with pytest.raises(DataError, match="no numbers"):
        judge(truth_of([(0,), (1,)], 3), reference, scores([0, 1]), "single-label", Limits(1.0))


def test_no_images_are_an_error() -> None:
    with pytest.raises(DataError, match="no evaluation images"):
        judge(truth_of([], 3), scores([]), scores([]), "single-label", Limits(1.0))


def test_several_labels_are_judged_by_micro_f1_at_their_thresholds() -> None:
    truth = truth_of([(0, 1), (2,), ()], 3)
    reference = np.array([[0.9, 0.4, 0.1], [0.1, 0.2, 0.9], [0.1, 0.1, 0.1]], np.float32)
    candidate = np.array([[0.9, 0.2, 0.1], [0.1, 0.2, 0.9], [0.1, 0.1, 0.8]], np.float32)
    verdict = judge(truth, reference, candidate, "multi-label", Limits(50.0), thresholds=(0.5, 0.3, 0.5))
    # float: 3 of 3 found, nothing else; candidate: 2 found, 1 missed, 1 too many
    assert (verdict.metric, verdict.reference) == ("micro-f1", 1.0)
    assert verdict.candidate == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert verdict.agreement == pytest.approx(1 / 3)
    assert verdict.passed


@given(st.integers(2, 40), st.data())
def test_of_one_label_an_image_micro_f1_is_accuracy(images: int, data: st.DataObject) -> None:
    drawn = [data.draw(st.lists(st.integers(0, 2), min_size=images, max_size=images)) for _ in range(3)]
    truth = truth_of([(label,) for label in drawn[0]], 3)
    reference, candidate = scores(drawn[1]), scores(drawn[2])
    top_1, micro_f1 = (
        judge(truth, reference, candidate, task, Limits(1.0)) for task in ("single-label", "multi-label")
    )
    assert micro_f1.drop_pp == pytest.approx(top_1.drop_pp)
    assert micro_f1.passed == top_1.passed
    assert micro_f1.agreement == top_1.agreement


def verdict_with(**changes: Any) -> GateVerdict:
    values = {"metric": "top-1", "reference": 0.9, "candidate": 0.9, "drop_pp": 0.0, "max_drop_pp": 1.0, "images": 50}
    return GateVerdict(**{**values, "passed": True, "drop_interval_pp": (-1.0, 1.0), **changes})


def test_what_one_image_is_worth_is_said_where_it_is_more_than_the_limit() -> None:
    (said,) = refusals(verdict_with(passed=False, drop_pp=4.0))
    assert (
        said
        == "top-1 fell by 4.00 pp, more than the 1 allowed (of 50 images one is 2.00 pp: evaluate on more, --eval-data)"
    )
    (said,) = refusals(verdict_with(passed=False, drop_pp=4.0, images=100))
    assert said == "top-1 fell by 4.00 pp, more than the 1 allowed"


def test_too_few_images_for_the_asked_precision_are_said() -> None:
    assert coarseness(verdict_with()) is None
    said = coarseness(verdict_with(drop_interval_pp=(-7.0, 7.2)))
    assert said is not None
    assert said.startswith("measured on 50 images: on others the drop may be up to 7.20 pp")


BOTH = frozenset({"drop", "agreement"})


def lost_of(images: int, lost: int, limits: Limits) -> GateVerdict:
    """The verdict where so many images of class 0 are answered with class 1 afterwards."""
    return judge_classes([0] * images, [0] * images, [1] * lost + [0] * (images - lost), limits)


@pytest.mark.parametrize(
    ("images", "lost", "excused", "passed"),
    [
        (36, 1, frozenset(), False),
        (36, 1, BOTH, True),  # 2.8 pp and 97.2 %: one answer is no measurement
        (36, 2, BOTH, True),
        (36, 8, BOTH, False),
        (36, 1, frozenset({"agreement"}), False),
        (36, 2, frozenset({"drop"}), False),  # 94.4 % of the answers
        (1000, 12, BOTH, True),
        (1000, 25, BOTH, False),
    ],
)
def test_chance_excuses_what_its_interval_explains_and_only_what_it_may(
    images: int, lost: int, excused: frozenset[LimitName], passed: bool
) -> None:
    verdict = lost_of(images, lost, Limits(1.0, None, 97.0, excused))
    assert verdict.passed is passed
    assert bool(refusals(verdict)) is not passed
    if passed:
        text = coarseness(verdict)
        assert text is not None
        assert "more than the 1 allowed" in text
        assert "cannot tell that from chance" in text
        assert len(text) < 300


def test_chance_excuses_no_class_and_no_scores_that_are_no_numbers() -> None:
    limits = Limits(1.0, 10.0, 0.0, BOTH)
    assert refusals(lost_of(8, 1, limits)) == [
        "top-1 fell by 12.50 pp, more than the 1 allowed (of 8 images one is 12.50 pp: evaluate on more, --eval-data)",
        "class  fell by 12.5 pp, more than the 10 allowed",
    ]
    broken = np.full((2, 3), np.nan, np.float32)
    verdict = judge(truth_of([(0,), (0,)], 3), scores([0, 0]), broken, "single-label", Limits(100.0, None, 0.0, BOTH))
    assert not verdict.passed


def test_the_interval_of_the_agreement_holds_it() -> None:
    low, high = agreement_interval(lost_of(100, 3, Limits(100.0)))
    assert (round(low, 3), round(high, 3)) == (0.915, 0.994)
