"""Compares the times of two functions fairly: called in turn, in one process.

Each pair is called in random order. Blocks of one and then of the other would be measured under different loads and
clock rates; a fixed order would let one always find the caches as the other left them. Where memory happens to lie
matters as well: callers make several rounds, each with both functions set up anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray

from benchmarks.stats import estimate_paired_ratio, percentile

_WARM_UP = 30
_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class RatioOfMedians:
    """The other function's median against the base's.

    Attributes:
        base_ms, other_ms: the medians of all samples.
        ratio: the geometric mean of the rounds' ratios of medians.
        low, high: its 95 % interval, from what differs between rounds; None for a single round.
    """

    base_ms: float
    other_ms: float
    ratio: float
    low: float | None
    high: float | None


def time_in_turn(
    base: Callable[[], object], other: Callable[[], object], pairs: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Warms both up, then times them in turn.

    Returns:
        int64 nanoseconds, (2, pairs), the base's first.
    """
    calls = (base, other)
    for _ in range(_WARM_UP):
        base()
        other()
    samples = np.empty((2, pairs), np.int64)
    for pair, first in enumerate(generator.integers(0, 2, pairs).tolist()):
        for which in (first, 1 - first):
            start = perf_counter_ns()
            calls[which]()
            samples[which, pair] = perf_counter_ns() - start
    return samples


def ratio_of_medians(rounds: Sequence[NDArray[np.int64]]) -> RatioOfMedians:
    """The ratio over all rounds.

    Args:
        rounds: each what :func:`time_in_turn` returned, with both functions set up anew.
    """
    base, other = np.median(np.concatenate(rounds, axis=1), axis=1) / _NS_PER_MS
    medians = [[percentile(samples, 50) for samples in one] for one in rounds]
    found = estimate_paired_ratio([base for base, _ in medians], [other for _, other in medians])
    return RatioOfMedians(float(base), float(other), found.value, found.low, found.high)
