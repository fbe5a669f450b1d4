"""Which labels one frame shows, by its scores."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.errors import ContractError
from edge_runtime.inference import Scores


class Detector(Protocol):
    """Takes the scores of each frame, float32 (classes,), and says which labels it shows."""

    def update(self, scores: Scores) -> NDArray[np.bool_]:
        """One truth value a class."""


class ThresholdDetector:
    """Every label whose score reaches its threshold, or (``best_only``) the best one if it does."""

    def __init__(self, thresholds: float | NDArray[np.float32], *, best_only: bool) -> None:
        self._thresholds = thresholds
        self._best_only = best_only

    def update(self, scores: Scores) -> NDArray[np.bool_]:
        """One truth value a class."""
        shown: NDArray[np.bool_] = scores >= self._thresholds
        if self._best_only:
            best = int(scores.argmax())
            shown &= np.arange(len(scores)) == best
        return shown


class HysteresisDetector:
    """A label shows from a score of ``high`` on, until its score is below ``low``."""

    def __init__(self, high: float, low: float) -> None:
        if not 0.0 <= low <= high <= 1.0:
            raise ContractError(f"hysteresis {high},{low}: expected 1 >= high >= low >= 0")
        self._high = np.float32(high)
        self._low = np.float32(low)
        self._shown: NDArray[np.bool_] | None = None

    def update(self, scores: Scores) -> NDArray[np.bool_]:
        """One truth value a class."""
        if self._shown is None:
            self._shown = np.zeros(scores.shape, np.bool_)
        self._shown = scores >= np.where(self._shown, self._low, self._high)
        return self._shown
