"""Smooths the scores of successive frames. State machines without a clock: scores in, scores out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.errors import ContractError
from edge_runtime.inference import Scores

MAX_FRAMES = 1000


class Smoother(Protocol):
    """Takes the scores of each frame, float32 (classes,), and returns smoothed ones of the same kind."""

    def update(self, scores: Scores) -> Scores:
        """The smoothed scores after one more frame."""


class MeanSmoother:
    """The mean of the last ``frames`` frames; of those there are, while there are fewer.

    One addition and one subtraction a frame, however many frames. The sum is made anew once a round, so that rounding
    errors never add up.
    """

    def __init__(self, frames: int) -> None:
        if not 1 <= frames <= MAX_FRAMES:
            raise ContractError(f"mean of {frames} frames is not within 1..{MAX_FRAMES}")
        self._frames = frames
        self._recent: list[Scores] = []
        self._oldest = 0
        self._sum: NDArray[np.floating] | float = 0.0

    def update(self, scores: Scores) -> Scores:
        """The smoothed scores after one more frame."""
        if len(self._recent) < self._frames:
            self._recent.append(scores)
            self._sum = self._sum + scores.astype(np.float64)
        else:
            self._sum = self._sum - self._recent[self._oldest] + scores
            self._recent[self._oldest] = scores
            self._oldest = (self._oldest + 1) % self._frames
            if self._oldest == 0:
                self._sum = np.sum(self._recent, axis=0, dtype=np.float64)
        return np.asarray(self._sum / len(self._recent), np.float32)


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
