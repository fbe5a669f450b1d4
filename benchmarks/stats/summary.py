"""Summaries of latency samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.stats.rounds import estimate

_NS_PER_MS = 1e6
_CONFIDENCE = 0.95
_PERCENTS = (50, 90, 99)
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
        p50, p90, p99: percentiles of a typical round, the geometric mean of the rounds'. Of all samples together where
            a round has fewer than :func:`samples_needed`; None where they are fewer even together.
        mean: the arithmetic mean.
        std: the sample standard deviation (n - 1).
        p50_interval, p90_interval, p99_interval: of these percentiles, from what differs between rounds; None where
            there is one round, or a round has too few samples for the percentile.
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


def summarize(rounds: Sequence[Sequence[int]]) -> Summary | None:
    """The summary of the samples of all rounds, in nanoseconds; None for fewer than two samples."""
    samples = np.concatenate([np.asarray(one, np.int64) for one in rounds]) if rounds else np.empty(0, np.int64)
    if len(samples) < 2:
        return None
    (p50, p50_interval), (p90, p90_interval), (p99, p99_interval) = (
        _percentile(rounds, samples, percent) for percent in _PERCENTS
    )
    mean, std = float(samples.mean()) / _NS_PER_MS, float(samples.std(ddof=1)) / _NS_PER_MS
    return Summary(p50, p90, p99, mean, std, p50_interval, p90_interval, p99_interval)


def _percentile(
    rounds: Sequence[Sequence[int]], samples: NDArray[np.int64], percent: int
) -> tuple[float | None, Interval | None]:
    """One percentile in milliseconds, and its interval."""
    needed = samples_needed(percent)
    if len(samples) < needed:
        return None, None
    if min(map(len, rounds)) < needed:
        return percentile(samples, percent) / _NS_PER_MS, None
    each = [percentile(one, percent) / _NS_PER_MS for one in rounds]
    if min(each) <= 0:  # a coarse clock's zeros have no logarithm
        return float(np.mean(each)), None
    found = estimate(each)
    interval = None if found.low is None or found.high is None else Interval(found.low, found.high)
    return found.value, interval


def percentile(samples: Sequence[int] | NDArray[np.int64], percent: int) -> float:
    """A percentile whose expectation lies neither above nor below the true one, whatever the distribution.

    R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", 1996, definition 8. Linear interpolation
    gives a p99 of 299 samples that is too low, so that its interval misses the true one too often.
    """
    return float(np.percentile(samples, percent, method="median_unbiased"))


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
