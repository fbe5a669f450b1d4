"""Scale: features of several levels brought to one scale while a head is trained, at no cost to the finished model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.features.rows import FeatureRows

_SMALLEST_VARIANCE = 0.1
"""As a share of the mean one: what hardly varies must not get weights so large that int8 has no steps for others."""


@dataclass(frozen=True, eq=False)
class Scale:
    """Mean and variance of features, float64 (features,)."""

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    @classmethod
    def of(cls, views: Sequence[FeatureRows]) -> Scale:
        """The scale of the features of all views together."""
        count = sum(len(view) for view in views)
        mean = sum(block.sum(axis=0, dtype=np.float64) for view in views for block in view.blocks()) / count
        variance = sum(((block - mean) ** 2).sum(axis=0) for view in views for block in view.blocks()) / count
        return cls(mean, variance + _SMALLEST_VARIANCE * variance.mean() + np.finfo(np.float32).tiny)

    def fold_into(self, dense: Any) -> None:
        """Changes a ``keras.layers.Dense`` that was trained on scaled features so that it takes plain ones."""
        kernel, bias = dense.get_weights()
        kernel = kernel / np.sqrt(self.variance)[:, None]
        dense.set_weights([kernel, bias - self.mean @ kernel])
