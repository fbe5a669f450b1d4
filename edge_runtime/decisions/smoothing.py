"""Smooths the scores of successive frames. State machines without a clock: scores in, scores out."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import numpy as np

from edge_runtime.contracts.errors import ContractError
from edge_runtime.inference import Scores

MAX_FRAMES = 1000


class Smoother(Protocol):
    """Takes the scores of each frame, float32 (classes,), and returns smoothed ones of the same kind."""

    def update(self, scores: Scores) -> Scores:
        """The smoothed scores after one more frame."""


class MeanSmoother:
    """The mean of the last ``frames`` frames; of those there are, while there are fewer."""

    def __init__(self, frames: int) -> None:
        if not 1 <= frames <= MAX_FRAMES:
            raise ContractError(f"mean of {frames} frames is not within 1..{MAX_FRAMES}")
        self._recent: deque[Scores] = deque(maxlen=frames)

    def update(self, scores: Scores) -> Scores:
        """The smoothed scores after one more frame."""
        self._recent.append(scores)
        return np.asarray(np.stack(self._recent).mean(axis=0, dtype=np.float64), np.float32)


class ExponentialSmoother:
    """``alpha * scores + (1 - alpha) * before``; the first frame is taken as it is."""

    def __init__(self, alpha: float) -> None:
        if not 0.0 < alpha <= 1.0:
            raise ContractError(f"exponential smoothing with {alpha} is not within 0..1, above 0")
        self._alpha = alpha
        self._before: Scores | None = None

    def update(self, scores: Scores) -> Scores:
        """The smoothed scores after one more frame."""
        before = scores if self._before is None else self._before
        self._before = np.asarray(before + self._alpha * (scores - before), np.float32)
        return self._before
