"""Scale: features of several levels brought to one scale while a head is trained, at no cost to the finished model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.fit.feeds import FeatureFeed

_SMALLEST_VARIANCE = 0.1
"""As a share of the mean one: what hardly varies must not get weights so large that int8 has no steps for others."""


@dataclass(frozen=True, eq=False)
class Scale:
    """Mean and variance of features, float64 (features,)."""

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    @classmethod
    def of(cls, feed: FeatureFeed) -> Scale:
        """The scale of the features that ``feed`` gives, all views together."""
        count = len(feed.views) * len(feed)
        mean = sum(block.sum(axis=0, dtype=np.float64) for block in feed.blocks()) / count
        variance = sum(((block - mean) ** 2).sum(axis=0) for block in feed.blocks()) / count
        return cls(mean, variance + _SMALLEST_VARIANCE * variance.mean() + np.finfo(np.float32).tiny)

    def fold_into(self, dense: Any) -> None:
        """Changes a ``keras.layers.Dense`` that was trained on scaled features so that it takes plain ones."""
        kernel, bias = dense.get_weights()
        kernel = kernel / np.sqrt(self.variance)[:, None]
        dense.set_weights([kernel, bias - self.mean @ kernel])
