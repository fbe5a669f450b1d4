"""The interval of a drop: its coverage on data of a known drop, coherent where little differs, repeatable."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from converter.judge.intervals import drop_interval, score_interval


def counts(right: np.ndarray) -> np.ndarray:
    return np.stack([right.astype(np.int64), np.ones(len(right), np.int64)], axis=1)


def several(right: np.ndarray) -> np.ndarray:
    """Counts of images with several labels, of which the interval is another one."""
    return 2 * counts(right)


def test_images_that_are_right_or_wrong_have_the_score_interval_in_percentage_points() -> None:
    before = np.arange(100) >= 20
    after = before.copy()
    after[90:98] = False  # lost
    after[:3] = True  # gained
    low, high = drop_interval(counts(before), counts(after))
    assert (low, high) == pytest.approx([100 * end for end in score_interval(8, 3, 100)], abs=1e-9)
    assert (low, high) != pytest.approx(drop_interval(several(before), several(after)), abs=1e-3)


def test_all_lost_or_all_gained_ends_at_the_end() -> None:
    low, high = score_interval(10, 0, 10)
    assert constrained_statistic(10, 0, 10, low) == pytest.approx(1.96, abs=2e-3)
    assert high == pytest.approx(1.0)
    assert score_interval(0, 10, 10) == pytest.approx((-1.0, -low))


def test_where_no_image_differs_the_bound_is_that_of_none_in_so_many() -> None:
    low, high = drop_interval(several(np.ones(400)), several(np.ones(400)))
    assert -low == high
    assert (1 - high / 100) ** 400 == pytest.approx(0.025, rel=1e-6)  # Clopper-Pearson: so many without one


def test_one_image_more_that_is_lost_moves_the_interval_up() -> None:
    intervals = [score_interval(lost, 0, 400) for lost in range(4)]
    assert intervals == sorted(intervals)
    assert all(low < before_low + 0.0031 for (before_low, _), (low, _) in pairwise(intervals))
    low, high = intervals[0]
    assert -low == pytest.approx(high)
    assert 0.009 < high < 0.0102


def constrained_statistic(lost: int, gained: int, images: int, drop: float) -> float:
    """Tango's statistic with the maximum of likelihood found by search, not by his formula."""

    def against(only_gained: float) -> float:
        parts = (only_gained + drop, only_gained, 1 - 2 * only_gained - drop)
        pairs = zip((lost, gained, images - lost - gained), parts, strict=True)
        return -sum(count * np.log(max(part, 1e-300)) for count, part in pairs if count)

    lowest, highest = max(0.0, -drop), (1 - drop) / 2
    best = minimize_scalar(against, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-12}).x
    return float((lost - gained - images * drop) / np.sqrt(images * (2 * best + drop - drop**2)))


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 400))
def test_the_ends_are_where_the_statistic_is_the_quantile(lost: int, gained: int, same: int) -> None:
    low, high = score_interval(lost, gained, lost + gained + same)
    assert low < (lost - gained) / (lost + gained + same) < high
    for drop, quantile in ((low, 1.96), (high, -1.96)):
        assert constrained_statistic(lost, gained, lost + gained + same, drop) == pytest.approx(quantile, abs=2e-3)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 300))
def test_models_that_change_places_have_the_mirrored_interval(lost: int, gained: int, same: int) -> None:
    images = lost + gained + same
    low, high = score_interval(lost, gained, images)
    assert -1 <= low <= high <= 1
    assert score_interval(gained, lost, images) == pytest.approx((-high, -low), abs=1e-9)


@pytest.mark.parametrize(("lost", "gained"), [(0.0, 0.0), (0.01, 0.0), (0.02, 0.01), (0.05, 0.05), (0.15, 0.02)])
@pytest.mark.parametrize("images", [50, 400])
def test_nineteen_of_twenty_score_intervals_hold_the_true_drop(lost: float, gained: float, images: int) -> None:
    interval = cache(score_interval)
    drawn = np.random.default_rng(0).multinomial(images, [lost, gained, 1 - lost - gained], 1000)
    held = [low <= lost - gained <= high for low, high in (interval(int(b), int(c), images) for b, c, _ in drawn)]
    assert np.mean(held) >= 0.92  # 0.928 where four of 400 are lost and none is gained, else 0.94 and more


def test_nineteen_of_twenty_bootstrap_intervals_hold_the_true_drop() -> None:
    generator = np.random.default_rng(0)
    held = []
    for _ in range(60):
        before = generator.random(300) < 0.9
        after = np.where(generator.random(300) < 0.1, generator.random(300) < 0.5, before)  # a true drop of 4 points
        low, high = drop_interval(several(before), several(after))
        assert low <= 100 * (before.mean() - after.mean()) <= high
        held.append(low <= 4.0 <= high)
    assert np.mean(held) >= 0.85


def test_the_same_counts_give_the_same_interval() -> None:
    before, after = np.ones(50), np.arange(50) % 10 > 0
    assert drop_interval(several(before), several(after)) == drop_interval(several(before), several(after))


def test_images_are_paired() -> None:
    """Two models that err on the same images differ in nothing, however many these are."""
    wrong = np.arange(100) % 2
    flipped = wrong.copy()
    flipped[0] = 1 - flipped[0]
    low, high = drop_interval(counts(wrong), counts(flipped))
    assert high - low <= 9.0  # of two models that err independently: 28
