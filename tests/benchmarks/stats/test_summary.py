"""Summaries and ratios against independent arithmetic."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.stats.summary import Interval, samples_needed, summarize
from benchmarks.studies.interleaved import ratio_of_medians, time_in_turn

NS_PER_MS = 1_000_000
durations = st.integers(1, 10**12)


@given(st.lists(durations, min_size=2, max_size=400))
def test_a_summary_agrees_with_numpy_and_the_standard_library(samples_ns: list[int]) -> None:
    summary = summarize([samples_ns])
    milliseconds = [sample / NS_PER_MS for sample in samples_ns]
    assert summary.mean == pytest.approx(np.mean(milliseconds))
    assert summary.std == pytest.approx(statistics.stdev(milliseconds), rel=1e-6, abs=1e-9 * max(milliseconds))
    for percent, found in ((50, summary.p50), (90, summary.p90), (99, summary.p99)):
        if len(samples_ns) >= samples_needed(percent):
            assert found == pytest.approx(np.percentile(milliseconds, percent, method="median_unbiased"))
        else:
            assert found is None


@pytest.mark.parametrize("percent", [50, 90, 99])
def test_a_percentile_needs_so_many_samples_that_one_of_them_likely_lies_above_it(percent: int) -> None:
    needed = samples_needed(percent)
    assert 1 - (percent / 100) ** needed >= 0.95
    assert 1 - (percent / 100) ** (needed - 1) < 0.95
    assert getattr(summarize([[1] * needed]), f"p{percent}") is not None
    assert getattr(summarize([[1] * (needed - 1)]), f"p{percent}") is None


@pytest.mark.parametrize("samples", [[], [5]])
def test_fewer_than_two_samples_have_no_summary(samples: list[int]) -> None:
    assert summarize([samples]) is None
    assert summarize([]) is None


@settings(max_examples=5)
@given(st.lists(st.integers(1000, 10**9), min_size=2, max_size=50), st.integers(2, 9))
def test_a_function_that_is_n_times_as_slow_has_the_ratio_n(base: list[int], factor: int) -> None:
    rounds = [np.array([base, [sample * factor for sample in base]])]
    found = ratio_of_medians(rounds * 3)
    assert found.ratio == pytest.approx(factor)
    assert found.base_ms == pytest.approx(statistics.median(base) / NS_PER_MS)
    assert found.other_ms == pytest.approx(found.base_ms * factor)


def test_rounds_that_are_too_short_for_a_percentile_are_taken_together_and_give_no_interval() -> None:
    rounds = [[1_000_000 + number for number in range(20)] for _ in range(3)]
    summary = summarize(rounds)
    assert summary is not None
    assert summary.p90 == pytest.approx(1.000018, rel=1e-6)
    assert (summary.p50_interval is None, summary.p90_interval) == (False, None)


def test_a_round_that_is_slower_widens_the_interval_and_one_alone_has_none() -> None:
    alike, apart = (summarize([[10**6] * 30, [factor * 10**6] * 30, [10**6] * 30]) for factor in (1, 2))
    assert alike is not None
    assert apart is not None
    assert alike.p50_interval == Interval(pytest.approx(1.0), pytest.approx(1.0))
    assert apart.p50 == pytest.approx(2 ** (1 / 3))
    assert apart.p50_interval == Interval(pytest.approx(0.4661, abs=1e-3), pytest.approx(3.405, abs=1e-2))
    alone = summarize([[10**6] * 30])
    assert alone is not None
    assert (alone.p50, alone.p50_interval) == (pytest.approx(1.0), None)


def test_pairs_are_called_in_turn_and_in_random_order() -> None:
    order: list[str] = []
    samples = time_in_turn(lambda: order.append("b"), lambda: order.append("o"), 100, np.random.default_rng(3))
    assert samples.shape == (2, 100)
    measured = order[-200:]
    pairs = {tuple(measured[start : start + 2]) for start in range(0, 200, 2)}
    assert pairs == {("b", "o"), ("o", "b")}
