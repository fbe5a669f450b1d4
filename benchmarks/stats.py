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


@dataclass(frozen=True, slots=True)
class Summary:
    """Latency in milliseconds.

    Attributes:
        p50, p90, p99: percentiles, linearly interpolated; None where there are fewer than
            :func:`samples_needed` samples.
        mean: the arithmetic mean.
        std: the sample standard deviation (n - 1).
    """

    p50: float | None
    p90: float | None
    p99: float | None
    mean: float
    std: float


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
    samples = np.asarray(samples_ns, np.int64) / _NS_PER_MS
    p50, p90, p99 = (
        float(np.percentile(samples, percent)) if len(samples) >= samples_needed(percent) else None
        for percent in (50, 90, 99)
    )
    return Summary(p50, p90, p99, mean=float(samples.mean()), std=float(samples.std(ddof=1)))


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
    ratios = _resampled_medians(other_ns, generator) / _resampled_medians(base_ns, generator)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)


def _resampled_medians(samples: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.float64]:
    blocks = np.array_split(samples, min(_BLOCKS, len(samples)))
    medians = np.empty(_RESAMPLES)
    for number in range(_RESAMPLES):
        chosen = generator.integers(0, len(blocks), len(blocks))
        medians[number] = np.median(np.concatenate([blocks[index] for index in chosen]))
    return medians
