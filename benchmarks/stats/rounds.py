"""Intervals from rounds: each round is a process of its own, so its median is one independent observation.

Samples within a process resemble one another, and processes differ: where memory happens to lie is worth some percent.
So an interval counts processes, not samples. Durations are taken as logarithms, whose spread between processes is that
of a factor. Why Student's t, and what its simulation shows: docs/decisions/0040-intervals-count-processes.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_FREEDOM = (1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 60, 120, math.inf)
_QUANTILE = (
    12.706, 10.277, 8.649, 7.501, 6.657, 5.517, 4.795, 4.303, 3.575, 3.182, 2.940, 2.776, 2.571, 2.447, 2.365, 2.306,
    2.262, 2.228, 2.179, 2.131, 2.086, 2.042, 2.000, 1.980, 1.960,
)  # fmt: skip
"""Student's t at 0.975; the lean install has no scipy. A test holds them against scipy's."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A duration or a ratio of durations.

    Attributes:
        value: the geometric mean of the rounds'.
        low, high: its 95 % interval; None from a single round, which says nothing of the next.
    """

    value: float
    low: float | None
    high: float | None


def estimate(rounds: Sequence[float]) -> Estimate:
    """What all rounds say together.

    Args:
        rounds: a figure above 0 of each, at least one.
    """
    return _from_logarithms(*_mean_and_variance(rounds), freedom=len(rounds) - 1)


def estimate_ratio(base: Sequence[float], other: Sequence[float]) -> Estimate:
    """``other / base`` of two sets of rounds that have nothing to do with one another.

    Two variances, and degrees of freedom from both: B. L. Welch, "The generalization of 'Student's' problem when
    several different population variances are involved", 1947.

    Args:
        base: a figure above 0 of each round, at least one.
        other: the same of the other.
    """
    (base_mean, base_variance), (other_mean, other_variance) = _mean_and_variance(base), _mean_and_variance(other)
    variance = base_variance + other_variance
    if min(len(base), len(other)) < 2:
        return _from_logarithms(other_mean - base_mean, variance, freedom=0)
    below = base_variance**2 / (len(base) - 1) + other_variance**2 / (len(other) - 1)
    freedom = variance**2 / below if below > 0 else math.inf
    return _from_logarithms(other_mean - base_mean, variance, freedom)


def estimate_paired_ratio(base: Sequence[float], other: Sequence[float]) -> Estimate:
    """``other / base`` where both were measured side by side in each round, so that what slows a round slows both."""
    return estimate([second / first for first, second in zip(base, other, strict=True)])


def interval_text(low: float | None, high: float | None, digits: int = 3) -> str:
    """An interval in words; of a single round there is none."""
    return "no interval" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def student_t(freedom: float) -> float:
    """The 0.975 quantile of Student's t, its logarithm interpolated over 1 / freedom; ``freedom`` is at least 1."""
    return math.exp(np.interp(1 / freedom, [1 / known for known in reversed(_FREEDOM)], np.log(_QUANTILE[::-1])))


def _mean_and_variance(rounds: Sequence[float]) -> tuple[float, float]:
    """Of the logarithms: their mean, and the variance of that mean."""
    logarithms = np.log(rounds)
    variance = float(logarithms.var(ddof=1)) / len(rounds) if len(rounds) > 1 else 0.0
    return float(logarithms.mean()), variance


def _from_logarithms(mean: float, variance: float, freedom: float) -> Estimate:
    if freedom < 1:
        return Estimate(math.exp(mean), None, None)
    reach = student_t(freedom) * math.sqrt(variance)
    return Estimate(math.exp(mean), math.exp(mean - reach), math.exp(mean + reach))
