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

_WARM_UP = 30
_RESAMPLES = 2000
_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class RatioOfMedians:
    """The other function's median against the base's.

    Attributes:
        base_ms, other_ms: the medians of all samples.
        ratio: ``other_ms / base_ms``.
        low, high: the ratio's 95 % interval.
    """

    base_ms: float
    other_ms: float
    ratio: float
    low: float
    high: float


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


def ratio_of_medians(rounds: Sequence[NDArray[np.int64]], generator: np.random.Generator) -> RatioOfMedians:
    """The ratio over all rounds, with a percentile bootstrap over rounds and, within them, over pairs.

    The method is in B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13.

    Args:
        rounds: each what :func:`time_in_turn` returned.
        generator: draws the resamples.
    """
    base, other = np.median(np.concatenate(rounds, axis=1), axis=1)
    ratios = []
    for _ in range(_RESAMPLES):
        resampled_base, resampled_other = np.median(_resampled(rounds, generator), axis=1)
        ratios.append(resampled_other / resampled_base)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return RatioOfMedians(
        float(base) / _NS_PER_MS, float(other) / _NS_PER_MS, float(other / base), float(low), float(high)
    )


def _resampled(rounds: Sequence[NDArray[np.int64]], generator: np.random.Generator) -> NDArray[np.int64]:
    chosen = [rounds[number] for number in generator.integers(0, len(rounds), len(rounds))]
    return np.concatenate([part[:, generator.integers(0, part.shape[1], part.shape[1])] for part in chosen], axis=1)
