"""How far a drop measured on some images can be trusted: 95 % confidence intervals, paired by image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2000
_BATCH_VALUES = 4_000_000


def drop_interval(reference: NDArray[np.int64], candidate: NDArray[np.int64]) -> tuple[float, float]:
    """The interval of the drop of a metric, in percentage points.

    Images are drawn anew with replacement (percentile bootstrap, ``scipy.stats.bootstrap``); both models' counts of an
    image stay together. Where no image differs, the bootstrap has nothing to draw from; then an exact binomial bound
    says how many images could differ all the same (Clopper and Pearson 1934).

    Args:
        reference: right and possible of each image, (images, 2); see :func:`converter.judge.gate.count_images`.
        candidate: the same of the converted model.
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
