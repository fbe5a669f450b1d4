"""How far a drop measured on some images can be trusted: 95 % confidence intervals, paired by image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2000
_Z = 1.959963984540054
"""Of the normal distribution, for 95 % between minus and plus."""
_BATCH_VALUES = 4_000_000


def drop_interval(reference: NDArray[np.int64], candidate: NDArray[np.int64]) -> tuple[float, float]:
    """The interval of the drop of a metric, in percentage points.

    Where an image is right or wrong, it is Tango's score interval. Where an image counts for several answers, as for
    micro-F1, images are drawn anew.

    Args:
        reference: right and possible of each image, (images, 2); see :func:`converter.judge.gate.count_images`.
        candidate: the same of the converted model.
    """
    if (reference[:, 1] == 1).all() and (candidate[:, 1] == 1).all():
        moved = reference[:, 0] - candidate[:, 0]
        low, high = score_interval(int((moved > 0).sum()), int((moved < 0).sum()), len(moved))
        return 100 * low, 100 * high
    return _bootstrap_interval(reference, candidate)


def score_interval(lost: int, gained: int, images: int) -> tuple[float, float]:
    """The 95 % score interval of (lost - gained) / images, -1..1, for pairs of right and wrong.

    Source: Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17:891-908, equations 9 to 12. Its ends are where the score statistic,
    with the nuisance parameter at its constrained maximum of likelihood, is plus or minus the normal quantile. It is
    coherent where few images or none differ.

    Args:
        lost: how many images only the reference has right.
        gained: how many only the candidate has right.
        images: all.
    """
    from scipy.optimize import brentq

    def statistic(drop: float) -> float:
        linear = -lost - gained + (2 * images - lost + gained) * drop
        root = math.sqrt(max(linear**2 + 8 * images * gained * drop * (1 - drop), 0.0))
        only_gained = (root - linear) / (4 * images)
        variance = images * (2 * only_gained + drop * (1 - drop))
        return (lost - gained - images * drop) / math.sqrt(max(variance, 1e-300))

    found, edge = (lost - gained) / images, 1 - 1e-12
    low = -1.0 if statistic(-edge) < _Z else brentq(lambda drop: statistic(drop) - _Z, -edge, found - 1e-15)
    high = 1.0 if statistic(edge) > -_Z else brentq(lambda drop: statistic(drop) + _Z, found + 1e-15, edge)
    return float(low), float(high)


def _bootstrap_interval(reference: NDArray[np.int64], candidate: NDArray[np.int64]) -> tuple[float, float]:
    """Images are drawn anew with replacement (percentile bootstrap, ``scipy.stats.bootstrap``).

    Both models' counts of an image stay together. Where no image differs, the bootstrap has nothing to draw from; then
    an exact binomial bound says how many images could differ all the same (Clopper and Pearson 1934).
    """
    from scipy import stats

    images = len(reference)
    if (reference == candidate).all():
        bound = 100 * stats.binomtest(0, images).proportion_ci(CONFIDENCE).high
        return -float(bound), float(bound)

    def drop(*columns: NDArray[np.int64], axis: int = -1) -> NDArray[np.float64]:
        sums = [column.sum(axis=axis).astype(np.float64) for column in columns]
        shares = [right / np.maximum(possible, 1) for right, possible in (sums[:2], sums[2:])]
        lost: NDArray[np.float64] = 100 * (shares[0] - shares[1])
        return lost

    found = stats.bootstrap(
        (*reference.T, *candidate.T),
        drop,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, _BATCH_VALUES // images),
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)
