"""From which score on a label counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FEW, _LOWEST_OF_FEW = 10, 0.1
"""See :func:`choose_thresholds`."""


def choose_thresholds(shown: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each class the threshold with the highest F1: float32 (classes,), within 0..1.

    It lies in the middle between two scores (or 0 and the lowest). Of equally good ones the nearest to 0.5 is taken;
    0.5 as well where no image shows the class. Where fewer than 10 show it, it lies within 0.1..0.9: one image with a
    score of 0.02 would otherwise give the label to half of the others.

    Args:
        shown: which image shows which class, bool (images, classes).
        scores: probabilities, (images, classes).
    """
    return np.array([_best_threshold(*column) for column in zip(shown.T, scores.T, strict=True)], np.float32)


def _best_threshold(shown: NDArray[np.bool_], scores: NDArray[np.float32]) -> float:
    if not shown.any():
        return 0.5
    found = np.unique(np.append(0.0, scores))
    candidates = np.concatenate([[0.5], (found[1:] + found[:-1]) / 2])
    if shown.sum() < _FEW:
        candidates = candidates[(candidates >= _LOWEST_OF_FEW) & (candidates <= 1 - _LOWEST_OF_FEW)]
    candidates = candidates[np.argsort(np.abs(candidates - 0.5), kind="stable")]
    order = np.argsort(scores)
    positives_from = np.append(np.cumsum(shown[order][::-1])[::-1], 0)
    first = np.searchsorted(scores[order], candidates)
    # F1 = 2 TP / (predicted + present), https://en.wikipedia.org/wiki/F-score
    f1 = 2 * positives_from[first] / (len(scores) - first + shown.sum())
    return float(candidates[f1.argmax()])
