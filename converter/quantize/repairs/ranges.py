"""The range of an activation that 8 bits stand for: a wide one has coarse steps, a narrow one cuts values off.

Pure: a histogram of what the calibration images gave goes in, the lowest and the highest value come out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

STEPS = 255
_KEPT_SHARE = 0.9999
_FACTORS = np.linspace(1.0, 0.2, 33)
"""How far the squared error is looked for below the largest value."""
_SEARCHES = 2
_OCTAV_ROUNDS = 50

Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often an activation had which value.

    Attributes:
        low: the lowest value, 0 or below.
        high: the highest, 0 or above; not both are 0.
        counts: of bins of equal width between.
    """

    low: float
    high: float
    counts: NDArray[np.float64]

    @property
    def centers(self) -> NDArray[np.float64]:
        """The middle of each bin."""
        width = (self.high - self.low) / len(self.counts)
        return self.low + width * (np.arange(len(self.counts), dtype=np.float64) + 0.5)


def min_max(histogram: Histogram) -> Range:
    """All that was seen."""
    return histogram.low, histogram.high


def percentile(histogram: Histogram) -> Range:
    """All but one value in ten thousand at either end."""
    shares = np.cumsum(histogram.counts) / histogram.counts.sum()
    centers = histogram.centers
    low = centers[np.searchsorted(shares, 1 - _KEPT_SHARE)]
    high = centers[min(int(np.searchsorted(shares, _KEPT_SHARE)), len(centers) - 1)]
    return min(float(low), 0.0), max(float(high), 0.0)


def least_squares(histogram: Histogram) -> Range:
    """The range that brings the least squared error: first one end, then the other, in steps of 2.5 %."""
    low, high = histogram.low, histogram.high
    for _ in range(_SEARCHES):
        high = min(_FACTORS * histogram.high, key=lambda end: squared_error(histogram, (low, float(end))))
        low = min(_FACTORS * histogram.low, key=lambda end: squared_error(histogram, (float(end), high)))
    return float(low), float(high)


def octav(histogram: Histogram) -> Range:
    """The clipping value that Newton's method finds (Sakr et al. 2022, https://arxiv.org/abs/2206.06501).

    It weighs what is cut off against the mean error of rounding, step**2 / 12, and cuts off both ends at the same
    magnitude. Values of exactly 0, as behind a ReLU, are not rounded.
    """
    magnitudes, counts = np.abs(histogram.centers), histogram.counts
    width = (histogram.high - histogram.low) / len(counts)
    ends = 2 if histogram.low < 0 < histogram.high else 1
    rounding = (ends / STEPS) ** 2 / 12
    rounded = counts * (magnitudes > width)
    clip = float((counts * magnitudes).sum() / counts.sum())
    for _ in range(_OCTAV_ROUNDS):
        beyond = magnitudes > clip
        weight = rounding * (rounded * ~beyond).sum() + (counts * beyond).sum()
        clip = float((counts * magnitudes * beyond).sum() / weight) if weight else clip
    return max(histogram.low, -clip), min(histogram.high, clip)


METHODS: Mapping[str, Callable[[Histogram], Range]] = {
    "min-max": min_max,
    "percentile": percentile,
    "mse": least_squares,
    "octav": octav,
}


def choose_range(halves: tuple[Histogram, Histogram], method: str) -> Range:
    """The range of a method, or of the method that serves this activation best.

    Args:
        halves: of the calibration images, between the same limits.
        method: a name of ``METHODS``, or "chosen": the range found on one half must bring little error on the other.
    """
    first, second = halves
    whole = replace(first, counts=first.counts + second.counts)
    if method == "chosen" and not second.counts.any():  # of one image
        first = second = whole
    if method == "chosen":
        errors = {
            name: squared_error(second, find(first)) + squared_error(first, find(second))
            for name, find in METHODS.items()
        }
        method = min(errors, key=lambda name: errors[name])
    return METHODS[method](whole)


def squared_error(histogram: Histogram, limits: Range) -> float:
    """The sum of squared errors that 8 bits between these limits bring."""
    low, high = limits
    step = (high - low) / STEPS
    if step <= 0:
        return float((histogram.counts * histogram.centers**2).sum())
    zero = np.rint(-low / step)
    rounded = (np.clip(np.rint(histogram.centers / step) + zero, 0, STEPS) - zero) * step
    return float((histogram.counts * (rounded - histogram.centers) ** 2).sum())
