"""Summaries of latency samples, and the ratio of two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NS_PER_MS = 1e6
_CONFIDENCE = 0.95
_BLOCKS = 40
_RESAMPLES = 1000
_PERCENTS = (50, 90, 99)
_INTERVAL_RESAMPLES = 200
_FAR_OUT = 3.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Latency in milliseconds.

    Attributes:
        p50, p90, p99: percentiles, linearly interpolated; None where there are fewer than
            :func:`samples_needed` samples.
        mean: the arithmetic mean.
        std: the sample standard deviation (n - 1).
        p50_interval, p90_interval, p99_interval: of these percentiles, by a bootstrap over blocks of consecutive
            samples, as in :func:`ratio_interval`.
    """

    p50: float | None
    p90: float | None
    p99: float | None
    mean: float
    std: float
    p50_interval: Interval | None = None
    p90_interval: Interval | None = None
    p99_interval: Interval | None = None


def samples_needed(percent: int) -> int:
    """The least number of samples from which a percentile is given: 5 for p50, 29 for p90, 299 for p99.

    From then on the largest sample lies above the true percentile with a probability of at least 95 %:
    ``1 - (percent / 100) ** n >= 0.95`` (S. S. Wilks, "Determination of Sample Sizes for Setting Tolerance Limits",
    1941). With fewer the figure is likely to be too low, and two runs do not agree.
    """
    return math.ceil(math.log(1.0 - _CONFIDENCE) / math.log(percent / 100))


def summarize(samples_ns: Sequence[int]) -> Summary | None:
    """The summary of at least two samples in nanoseconds; None for fewer."""
    if len(samples_ns) < 2:
        return None
    samples = np.asarray(samples_ns, np.int64)
    given = [percent for percent in _PERCENTS if len(samples) >= samples_needed(percent)]
    resampled = _resampled_percentiles(samples, _PERCENTS, _INTERVAL_RESAMPLES, np.random.default_rng(0))
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0) / _NS_PER_MS
    values = np.percentile(samples, _PERCENTS) / _NS_PER_MS
    p50, p90, p99 = (float(values[n]) if percent in given else None for n, percent in enumerate(_PERCENTS))
    intervals = (
        Interval(float(low[n]), float(high[n])) if percent in given else None for n, percent in enumerate(_PERCENTS)
    )
    mean, std = float(samples.mean()) / _NS_PER_MS, float(samples.std(ddof=1)) / _NS_PER_MS
    return Summary(p50, p90, p99, mean, std, *intervals)


def count_outliers(samples_ns: Sequence[int]) -> int:
    """How many samples are far out: above the third quartile by more than three times the distance of the quartiles.

    J. W. Tukey, "Exploratory Data Analysis", 1977, section 2D. They stay in all other figures.
    """
    if len(samples_ns) == 0:
        return 0
    low, high = np.percentile(samples_ns, [25, 75])
    return int((np.asarray(samples_ns) > high + _FAR_OUT * (high - low)).sum())


def drift(samples_ns: Sequence[int]) -> float:
    """The median of the last third of the samples against that of the first; 1 where there are fewer than 6."""
    third = len(samples_ns) // 3
    if third < 2:
        return 1.0
    return float(np.median(samples_ns[-third:]) / np.median(samples_ns[:third]))


def ratio_interval(base_ns: NDArray[np.int64], other_ns: NDArray[np.int64]) -> tuple[float, float]:
    """The 95 % interval of the ratio of two medians, ``median(other) / median(base)``, measured one after the other.

    A bootstrap over blocks of consecutive samples, not over single samples: neighbours resemble one another, and
    an interval that took them for independent would be too narrow (B. Efron and R. Tibshirani, "An Introduction to
    the Bootstrap", 1993, section 8.6). The same samples always give the same interval.

    Args:
        base_ns: durations, int64, (n,), in the order they were measured, n at least 1.
        other_ns: the same of the other.
    """
    generator = np.random.default_rng(0)
    other, base = (_resampled_percentiles(ns, [50], _RESAMPLES, generator)[:, 0] for ns in (other_ns, base_ns))
    low, high = np.percentile(other / base, [2.5, 97.5])
    return float(low), float(high)


def _resampled_percentiles(
    samples: NDArray[np.int64], percents: Sequence[int], resamples: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """(resamples, percents): the percentiles of as many samples, drawn as whole blocks of consecutive ones."""
    blocks = np.array_split(samples, min(_BLOCKS, len(samples)))
    found = np.empty((resamples, len(percents)))
    for number in range(resamples):
        chosen = generator.integers(0, len(blocks), len(blocks))
        found[number] = np.percentile(np.concatenate([blocks[index] for index in chosen]), percents)
    return found
