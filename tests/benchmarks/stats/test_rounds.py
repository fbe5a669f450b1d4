"""Intervals hold what they promise, in simulated runs where processes differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from benchmarks.stats import estimate, estimate_paired_ratio, estimate_ratio, percentile, summarize
from benchmarks.stats.rounds import student_t

ROUNDS = 10
COUNT = 40
BETWEEN = (0.0, 0.03, 0.08)
"""Standard deviations of the factor between processes."""
REPEATS = 400


def simulated(
    generator: np.random.Generator, between: float, rounds: int = ROUNDS, count: int = COUNT
) -> NDArray[np.float64]:
    """Durations in ms around 1, (rounds, count): correlated within a process, with a tail."""
    noise = generator.normal(size=(rounds, count))
    for index in range(1, count):
        noise[:, index] = 0.5 * noise[:, index - 1] + np.sqrt(0.75) * noise[:, index]
    tail = 1 + (generator.random((rounds, count)) < 0.03) * generator.exponential(0.5, (rounds, count))
    processes = np.exp(generator.normal(0, between, (rounds, 1)))
    return np.asarray(processes * np.exp(0.03 * noise) * tail)


def medians(samples: NDArray[np.float64]) -> list[float]:
    return [percentile(one, 50) for one in samples]


@pytest.mark.parametrize("between", BETWEEN)
def test_two_runs_of_one_file_are_within_their_interval_and_seldom_called_slower(between: float) -> None:
    generator = np.random.default_rng(1)
    held = slower = 0
    for _ in range(REPEATS):
        found = estimate_ratio(medians(simulated(generator, between)), medians(simulated(generator, between)))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 1 <= found.high
        slower += found.low > 1
    assert held / REPEATS >= 0.93
    assert slower / REPEATS <= 0.05


@pytest.mark.parametrize("between", [0.0, 0.03])
def test_a_file_that_is_five_percent_slower_is_found(between: float) -> None:
    generator = np.random.default_rng(2)
    found = [
        estimate_ratio(medians(simulated(generator, between)), medians(1.05 * simulated(generator, between)))
        for _ in range(REPEATS)
    ]
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    assert (low > 1).mean() >= 0.8
    assert ((low <= 1.05) & (high >= 1.05)).mean() >= 0.93


def test_the_method_before_this_one_held_in_half_the_cases() -> None:
    """A bootstrap over 40 blocks of the pooled samples of three rounds, at 3 % between processes."""
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(100):
        resampled = []
        for _ in range(2):
            blocks = np.array_split(simulated(generator, 0.03, rounds=3, count=200).ravel(), 40)
            drawn = generator.integers(0, 40, (100, 40))
            resampled.append(np.array([np.median(np.concatenate([blocks[n] for n in row])) for row in drawn]))
        low, high = np.percentile(resampled[1] / resampled[0], [2.5, 97.5])
        held += low <= 1 <= high
    assert held < 60


@pytest.mark.parametrize(("percent", "count"), [(50, 5), (90, 29), (99, 299)])
@pytest.mark.parametrize("between", [0.0, 0.08])
def test_a_percentile_of_a_typical_process_lies_within_its_interval(percent: int, count: int, between: float) -> None:
    generator = np.random.default_rng(4)
    truth = np.percentile(simulated(generator, 0.0, 50, 4000), percent)
    held = 0
    for _ in range(200):
        rounds = (simulated(generator, between, 5, count) * 1e6).astype(np.int64)
        summary = summarize(rounds.tolist())
        assert summary is not None
        interval = getattr(summary, f"p{percent}_interval")
        held += interval.low <= truth <= interval.high
    assert held / 200 >= 0.9


def test_side_by_side_what_slows_a_round_slows_both_and_drops_out() -> None:
    generator = np.random.default_rng(5)
    base = np.exp(generator.normal(0, 0.3, 8))
    found = estimate_paired_ratio(base.tolist(), (1.25 * base).tolist())
    assert (found.value, found.low, found.high) == pytest.approx((1.25, 1.25, 1.25))
    apart = estimate_ratio(base.tolist(), (1.25 * base).tolist())
    assert apart.low is not None
    assert apart.low < 1


def test_one_round_has_a_figure_and_no_interval() -> None:
    assert (estimate([2.0]).value, estimate([2.0]).low, estimate([2.0]).high) == (pytest.approx(2.0), None, None)
    found = estimate_ratio([2.0], [3.0, 3.0])
    assert (found.value, found.low, found.high) == (pytest.approx(1.5), None, None)


@given(st.lists(st.floats(0.1, 1e4), min_size=2, max_size=20), st.lists(st.floats(0.1, 1e4), min_size=2, max_size=20))
def test_the_ratio_is_welchs(base: list[float], other: list[float]) -> None:
    first, second = np.log(base), np.log(other)
    found = estimate_ratio(base, other)
    assert found.low is not None
    assert found.high is not None
    assert np.log(found.value) == pytest.approx(second.mean() - first.mean(), abs=1e-9)
    if min(first.std(), second.std()) > 1e-3:
        wanted = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
        reach = (wanted.high - wanted.low) / 2
        assert np.log([found.low, found.high]) == pytest.approx([wanted.low, wanted.high], rel=1e-9, abs=3e-3 * reach)


@pytest.mark.parametrize("freedom", [1, 1.25, 1.5, 1.9, 2.2, 2.5, 7, 11.3, 25, 80, 1e6])
def test_students_t_is_scipys(freedom: float) -> None:
    wanted = stats.t.ppf(0.975, freedom)
    assert student_t(freedom) == pytest.approx(wanted, rel=0.005)
