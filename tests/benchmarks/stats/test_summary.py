"""Summaries and ratios against independent arithmetic."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.stats.summary import samples_needed, summarize
from benchmarks.studies.interleaved import ratio_of_medians, time_in_turn

NS_PER_MS = 1_000_000
durations = st.integers(1, 10**12)


@given(st.lists(durations, min_size=2, max_size=400))
def test_a_summary_agrees_with_numpy_and_the_standard_library(samples_ns: list[int]) -> None:
    summary = summarize(samples_ns)
    milliseconds = [sample / NS_PER_MS for sample in samples_ns]
    assert summary.mean == pytest.approx(np.mean(milliseconds))
    assert summary.std == pytest.approx(statistics.stdev(milliseconds), rel=1e-6, abs=1e-9 * max(milliseconds))
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    for percent, found in ((50, summary.p50), (90, summary.p90), (99, summary.p99)):
        if len(samples_ns) >= samples_needed(percent):
            assert found == pytest.approx(cuts[percent - 1])
            assert found == pytest.approx(np.percentile(milliseconds, percent))
        else:
            assert found is None


@pytest.mark.parametrize("percent", [50, 90, 99])
def test_a_percentile_needs_so_many_samples_that_one_of_them_likely_lies_above_it(percent: int) -> None:
    needed = samples_needed(percent)
    assert 1 - (percent / 100) ** needed >= 0.95
    assert 1 - (percent / 100) ** (needed - 1) < 0.95
    assert getattr(summarize([1] * needed), f"p{percent}") is not None
    assert getattr(summarize([1] * (needed - 1)), f"p{percent}") is None


@pytest.mark.parametrize("samples", [[], [5]])
def test_fewer_than_two_samples_have_no_summary(samples: list[int]) -> None:
    assert summarize(samples) is None


@settings(max_examples=5)
@given(st.lists(st.integers(1000, 10**9), min_size=2, max_size=50), st.integers(2, 9))
def test_a_function_that_is_n_times_as_slow_has_the_ratio_n(base: list[int], factor: int) -> None:
    rounds = [np.array([base, [sample * factor for sample in base]])]
    found = ratio_of_medians(rounds * 3, np.random.default_rng(0))
    assert found.ratio == pytest.approx(factor)
    assert found.base_ms == pytest.approx(statistics.median(base) / NS_PER_MS)
    assert found.other_ms == pytest.approx(found.base_ms * factor)


def test_the_interval_holds_the_true_ratio_and_narrows_with_more_pairs() -> None:
    widths = []
    for pairs in (30, 3000):
        generator = np.random.default_rng(1)
        noise = generator.lognormal(0, 0.05, (4, 2, pairs))
        rounds = list((noise * np.array([1e6, 1.25e6])[:, None]).astype(np.int64))
        found = ratio_of_medians(rounds, np.random.default_rng(2))
        assert found.low < 1.25 < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 3


def test_pairs_are_called_in_turn_and_in_random_order() -> None:
    order: list[str] = []
    samples = time_in_turn(lambda: order.append("b"), lambda: order.append("o"), 100, np.random.default_rng(3))
    assert samples.shape == (2, 100)
    measured = order[-200:]
    pairs = {tuple(measured[start : start + 2]) for start in range(0, 200, 2)}
    assert pairs == {("b", "o"), ("o", "b")}
