"""Whether scores are as often right as they say: reliability bins and the expected calibration error. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converter.judge import Answers, Scores

BINS = 15


@dataclass(frozen=True)
class ReliabilityBin:
    """The scores above ``low`` and up to ``high``; a bin without scores is left out.

    Attributes:
        low: its lower end.
        high: its upper end.
        count: how many scores lie in it.
        confidence: their mean.
        right: the share of them that is right.
    """

    low: float
    high: float
    count: int
    confidence: float
    right: float


def reliability(truth: Answers, answers: Answers, scores: Scores, several: bool) -> tuple[ReliabilityBin, ...]:
    """Sorts scores into bins of equal width.

    Args:
        truth: the right answers, (images, classes).
        answers: the model's.
        scores: its probabilities.
        several: whether an image may have several labels: then each label's score counts, and is right where the image
            shows it. Else the best score of each image counts.
    """
    scores = np.clip(np.nan_to_num(scores, nan=0.0), 0, 1)
    if several:
        sure, right = scores.ravel(), truth.ravel()
    else:
        sure, right = scores.max(axis=1), (truth == answers).all(axis=1)
    sure = sure.astype(np.float64)
    places = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    return tuple(
        ReliabilityBin(
            place / BINS, (place + 1) / BINS, int(inside.sum()), float(sure[inside].mean()), float(right[inside].mean())
        )
        for place in range(BINS)
        if (inside := places == place).any()
    )


def expected_error(bins: Sequence[ReliabilityBin]) -> float:
    """The expected calibration error: the mean distance of confidence and share (Naeini et al. 2015), 0..1."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.right - each.confidence) for each in bins) / total if total else 0.0
