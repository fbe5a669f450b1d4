"""python -m tools.pi_userland: when two machines count as agreeing."""

import math

import pytest

from tools.pi_userland.agreement import FLOAT_TOLERANCE, Tolerance, compare

FLOAT = Tolerance(FLOAT_TOLERANCE)
XNNPACK_INT8 = Tolerance(2 / 256)
OTHER_KERNELS_INT8 = Tolerance(2 / 256, logits=2 * 0.17)


def softmax(*logits: float) -> dict[int, float]:
    powers = [math.exp(logit) for logit in logits]
    return {index: power / sum(powers) for index, power in enumerate(powers)}


@pytest.mark.parametrize(
    ("tolerance", "found", "problem"),
    [
        (FLOAT, {0: 0.7, 1: 0.3}, None),
        (FLOAT, {0: 0.700009, 1: 0.299991}, None),
        (FLOAT, {0: 0.70002, 1: 0.29998}, "a.png: a score differs by 0.000020"),
        (XNNPACK_INT8, {0: 0.7 - 2 / 256, 1: 0.3 + 2 / 256}, None),
        (XNNPACK_INT8, {0: 0.7 - 3 / 256, 1: 0.3 + 3 / 256}, "a.png: a score differs by 0.011719"),
        (OTHER_KERNELS_INT8, {0: 0.6, 1: 0.4}, None),
        (OTHER_KERNELS_INT8, {0: 0.3, 1: 0.7}, "a.png: a score differs by 0.400000"),
        (FLOAT, {0: 0.7}, "a.png: a score differs by 0.300000"),  # a class is missing there
    ],
)
def test_scores_may_differ_by_the_tolerance(tolerance: Tolerance, found: dict[int, float], problem: str | None) -> None:
    agreement = compare({"a.png": {0: 0.7, 1: 0.3}}, {"a.png": found}, tolerance)
    assert agreement.problems[:1] == (() if problem is None else (problem,))
    assert agreement.difference == pytest.approx(max(abs(0.7 - found[0]), abs(0.3 - found.get(1, 0.0))))


def test_logits_off_by_their_tolerance_are_the_most_that_passes() -> None:
    tolerance = Tolerance(0.0, logits=0.2)
    expected = {"a.png": softmax(1.0, 0.3, -2.0)}
    assert compare(expected, {"a.png": softmax(1.2, 0.1, -2.2)}, tolerance).problems == ()
    assert compare(expected, {"a.png": softmax(1.8, 0.3, -2.8)}, tolerance).problems != ()


@pytest.mark.parametrize(
    ("tolerance", "problems"),
    [
        (XNNPACK_INT8, ("a.png: class 1 is best there, class 0 is best here",)),
        (OTHER_KERNELS_INT8, ()),
    ],
)
def test_near_ties_may_turn_only_where_other_kernels_run(tolerance: Tolerance, problems: tuple[str, ...]) -> None:
    agreement = compare({"a.png": {0: 0.502, 1: 0.498}}, {"a.png": {0: 0.498, 1: 0.502}}, tolerance)
    assert (agreement.images, agreement.same_top1, agreement.problems) == (1, 0, problems)


def test_a_clear_winner_may_not_turn_anywhere() -> None:
    agreement = compare({"a.png": {0: 0.6, 1: 0.4}}, {"a.png": {0: 0.4, 1: 0.6}}, OTHER_KERNELS_INT8)
    assert agreement.problems == ("a.png: class 1 is best there, class 0 is best here",)


@pytest.mark.parametrize("found", [{}, {"b.png": {0: 1.0}}, {"a.png": {0: 1.0}, "b.png": {0: 1.0}}])
def test_other_images_are_a_problem(found: dict[str, dict[int, float]]) -> None:
    agreement = compare({"a.png": {0: 1.0}}, found, FLOAT)
    assert agreement.problems == (f"{len(found)} images were classified there and 1 here",)
    assert compare({}, {}, FLOAT).problems != ()
