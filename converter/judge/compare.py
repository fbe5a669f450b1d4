"""How one model's answers differ from another's on the same images. Pure: arrays in, values out.

An answer is a row of truth values, one a class: the best class alone, or, where several labels may hold, each label
whose score reaches its threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.manifest import Metric, Task

Answers = NDArray[np.bool_]
"""(images, classes)."""
Scores = NDArray[np.float32]
"""(images, classes)."""

METRICS: dict[Task, Metric] = {"single-label": "top-1", "multi-label": "micro-f1", "binary": "accuracy"}
DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class ClassDrop:
    """What one class lost: of its images' share that is right, or of its F1 where an image may have several labels.

    Attributes:
        images: how many evaluation images show it.
        reference: the Keras model's figure, 0..1.
        candidate: the converted model's figure, 0..1.
        drop_pp: the difference, in percentage points.
    """

    label: str
    images: int
    reference: float
    candidate: float
    drop_pp: float


def answers_of(scores: Scores, task: Task, thresholds: Sequence[float] = ()) -> Answers:
    """The answers that ``scores`` give; none where a row has a score that is no finite number."""
    finite: Answers = np.isfinite(scores).all(axis=1, keepdims=True).reshape(-1, 1)
    if task == "multi-label":
        answers: Answers = scores >= np.asarray(thresholds or DEFAULT_THRESHOLD, np.float32)
    else:
        answers = np.zeros(scores.shape, np.bool_)
        answers[np.arange(len(scores)), np.where(finite[:, 0], scores.argmax(axis=1), 0)] = True
    return answers & finite


def truth_of(labels: Sequence[tuple[int, ...]], classes: int) -> Answers:
    """The right answers, from the classes that each image shows."""
    truth = np.zeros((len(labels), classes), np.bool_)
    for row, shown in enumerate(labels):
        truth[row, list(shown)] = True
    return truth


def class_drops(
    labels: Sequence[str], truth: Answers, reference: Answers, candidate: Answers, metric: Metric
) -> tuple[ClassDrop, ...]:
    """What each class lost, the worst first; classes without images are left out.

    Args:
        labels: the names of the classes.
        truth: the right answers.
        reference: the Keras model's.
        candidate: the converted model's.
        metric: decides the figure of a class: its F1 for micro-F1, else the share of its images that is right.
    """
    shown = truth.sum(axis=0).tolist()
    figures = [_class_figures(truth, answers, metric) for answers in (reference, candidate)]
    rows = [
        ClassDrop(label, images, float(before), float(after), float(100 * (before - after)))
        for label, images, before, after in zip(labels, shown, *figures, strict=True)
        if images
    ]
    return tuple(sorted(rows, key=lambda row: -row.drop_pp))


def same_answers(reference: Answers, candidate: Answers, candidate_scores: Scores) -> NDArray[np.bool_]:
    """Whether each image got the same answer from both, (images,); scores that are no numbers are no answer."""
    same: NDArray[np.bool_] = (reference == candidate).all(axis=1) & np.isfinite(candidate_scores).all(axis=1)
    return same


def confidence_shift(reference: Scores, candidate: Scores) -> float:
    """How much higher the candidate scores what the reference holds most likely, on average; NaN counts as lost."""
    rows, best = np.arange(len(reference)), reference.argmax(axis=1)
    return float((np.nan_to_num(candidate[rows, best], posinf=0, neginf=0) - reference[rows, best]).mean())


def _class_figures(truth: Answers, answers: Answers, metric: Metric) -> list[Fraction]:
    right = (truth & answers).sum(axis=0)
    possible = truth.sum(axis=0)
    if metric == "micro-f1":
        right, possible = 2 * right, possible + answers.sum(axis=0)
    pairs = zip(right.tolist(), possible.tolist(), strict=True)
    return [Fraction(part, whole) if whole else Fraction(0) for part, whole in pairs]
