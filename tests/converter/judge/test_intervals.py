"""The interval of a drop: its coverage on data of a known drop, exact bounds where nothing differs, repeatable."""

import numpy as np
import pytest

from converter.judge.intervals import drop_interval


def counts(right: np.ndarray) -> np.ndarray:
    return np.stack([right.astype(np.int64), np.ones(len(right), np.int64)], axis=1)


def test_where_no_image_differs_the_bound_is_that_of_none_in_so_many() -> None:
    low, high = drop_interval(counts(np.ones(400)), counts(np.ones(400)))
    assert -low == high
    assert (1 - high / 100) ** 400 == pytest.approx(0.025, rel=1e-6)  # Clopper-Pearson: so many without one


def test_nineteen_of_twenty_intervals_hold_the_true_drop() -> None:
    generator = np.random.default_rng(0)
    held = []
    for _ in range(60):
        before = generator.random(300) < 0.9
        after = np.where(generator.random(300) < 0.1, generator.random(300) < 0.5, before)  # a true drop of 4 points
        low, high = drop_interval(counts(before), counts(after))
        assert low <= 100 * (before.mean() - after.mean()) <= high
        held.append(low <= 4.0 <= high)
    assert np.mean(held) >= 0.85


def test_the_same_counts_give_the_same_interval() -> None:
    before, after = np.ones(50), np.arange(50) % 10 > 0
    assert drop_interval(counts(before), counts(after)) == drop_interval(counts(before), counts(after))


def test_images_are_paired() -> None:
    """Two models that err on the same images differ in nothing, however many these are."""
    wrong = np.arange(100) % 2
    flipped = wrong.copy()
    flipped[0] = 1 - flipped[0]
    low, high = drop_interval(counts(wrong), counts(flipped))
    assert high - low <= 4.0
