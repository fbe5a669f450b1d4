"""The figures of one model. Pure: arrays in, values out; they equal scikit-learn's on the same scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converter.evaluate.calibration import ReliabilityBin, expected_error, reliability
from converter.judge import METRICS, Answers, Scores, answers_of
from edge_runtime.contracts.manifest import Metric, Task

_TOP = 5
_THRESHOLDS = tuple(step / 20 for step in range(1, 20))


@dataclass(frozen=True)
class ClassFigures:
    """What a model makes of one class. Shares are 0 where nothing was possible.

    Attributes:
        label: its name.
        images: how many show it.
        said: how many the model gives it to.
        right: how many of these show it.
        precision: right by said.
        recall: right by images.
        f1: of both.
        roc_auc: of its scores, against those of the other images; None where all images show it, or none.
    """

    label: str
    images: int
    said: int
    right: int
    precision: float
    recall: float
    f1: float
    roc_auc: float | None


@dataclass(frozen=True)
class Confusion:
    """How many images of a class the model gives to a class; pairs without images are left out."""

    truth: str
    answer: str
    images: int


@dataclass(frozen=True)
class ThresholdPoint:
    """The figures of a multi-label model, were one threshold taken for all labels."""

    threshold: float
    precision: float
    recall: float
    micro_f1: float
    macro_f1: float


@dataclass(frozen=True)
class Figures:
    """How good a model is. Shares, 0..1.

    Attributes:
        metric: the one that the gate of edge-convert goes by.
        value: of that metric.
        top_1: of images that are wholly right.
        top_5: of images whose class is among the five best; None where there are no more classes, or for several
            labels.
        micro_f1: over all answers.
        macro_f1: the mean over the classes that are shown or said.
        balanced_accuracy: the mean recall of the classes that are shown; None for several labels.
        roc_auc: the mean over the classes that have one; None where none has.
        ece: the expected calibration error.
        no_numbers: how many images got a score that is no finite number; they count as wrong.
        per_class: each class, in the model's order.
        confusion: empty for several labels, where ``per_class`` says it.
        reliability: the bins of ``ece``.
        threshold_curve: empty where an image shows one class.
    """

    metric: Metric
    value: float
    top_1: float
    top_5: float | None
    micro_f1: float
    macro_f1: float
    balanced_accuracy: float | None
    roc_auc: float | None
    ece: float
    no_numbers: int
    per_class: tuple[ClassFigures, ...]
    confusion: tuple[Confusion, ...]
    reliability: tuple[ReliabilityBin, ...]
    threshold_curve: tuple[ThresholdPoint, ...]


def figures_of(
    labels: Sequence[str], truth: Answers, scores: Scores, task: Task, thresholds: Sequence[float] = ()
) -> Figures:
    """Computes all figures.

    Args:
        labels: the names of the classes.
        truth: the right answers, (images, classes).
        scores: the model's probabilities, (images, classes).
        task: decides which figures there are.
        thresholds: from which score on each label counts, for a multi-label task.
    """
    answers = answers_of(scores, task, thresholds)
    per_class = _per_class(labels, truth, answers, scores)
    occurring = [row for row in per_class if row.images or row.said]
    shown = [row for row in per_class if row.images]
    areas = [row.roc_auc for row in per_class if row.roc_auc is not None]
    several = task == "multi-label"
    top_1 = float((truth == answers).all(axis=1).mean())
    micro_f1 = _f1(truth, answers)
    bins = reliability(truth, answers, scores, several)
    return Figures(
        metric=METRICS[task],
        value=micro_f1 if several else top_1,
        top_1=top_1,
        top_5=None if several or len(labels) <= _TOP else _top_share(truth, scores),
        micro_f1=micro_f1,
        macro_f1=_mean([row.f1 for row in occurring]),
        balanced_accuracy=None if several else _mean([row.recall for row in shown]),
        roc_auc=_mean(areas) if areas else None,
        ece=expected_error(bins),
        no_numbers=int((~np.isfinite(scores).all(axis=1)).sum()),
        per_class=per_class,
        confusion=() if several else _confusion(labels, truth, answers),
        reliability=bins,
        threshold_curve=_threshold_curve(truth, scores) if several else (),
    )


def roc_area(shown: NDArray[np.bool_], scores: Scores) -> float | None:
    """The area under the ROC curve of one class: how often an image that shows it scores higher than one that does not.

    Ties count half (Mann and Whitney 1947). None where all images show it, or none.
    """
    from scipy.stats import rankdata

    positives, negatives = int(shown.sum()), int((~shown).sum())
    if not positives or not negatives:
        return None
    ranks = rankdata(np.nan_to_num(scores, nan=-1.0))
    return float((ranks[shown].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _per_class(labels: Sequence[str], truth: Answers, answers: Answers, scores: Scores) -> tuple[ClassFigures, ...]:
    images, said, right = (each.sum(axis=0).tolist() for each in (truth, answers, truth & answers))
    return tuple(
        ClassFigures(
            label=label,
            images=images[index],
            said=said[index],
            right=right[index],
            precision=_share(right[index], said[index]),
            recall=_share(right[index], images[index]),
            f1=_share(2 * right[index], images[index] + said[index]),
            roc_auc=roc_area(truth[:, index], scores[:, index]),
        )
        for index, label in enumerate(labels)
    )


def _confusion(labels: Sequence[str], truth: Answers, answers: Answers) -> tuple[Confusion, ...]:
    answered = answers.any(axis=1)
    pairs = np.stack([truth[answered].argmax(axis=1), answers[answered].argmax(axis=1)], axis=1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    return tuple(
        Confusion(labels[shown], labels[said], count)
        for (shown, said), count in zip(found.tolist(), counts.tolist(), strict=True)
    )


def _top_share(truth: Answers, scores: Scores) -> float:
    """How often the class is among the best; equal scores are taken in the order of the classes, as for top-1."""
    best = np.argsort(-np.nan_to_num(scores, nan=-1.0), axis=1, kind="stable")[:, :_TOP]
    return float(np.take_along_axis(truth, best, axis=1).any(axis=1).mean())


def _threshold_curve(truth: Answers, scores: Scores) -> tuple[ThresholdPoint, ...]:
    points = []
    for threshold in _THRESHOLDS:
        answers = scores >= np.float32(threshold)
        right = (truth & answers).sum(axis=0)
        possible = truth.sum(axis=0) + answers.sum(axis=0)
        occurring = possible > 0
        points.append(
            ThresholdPoint(
                threshold,
                precision=_share(int(right.sum()), int(answers.sum())),
                recall=_share(int(right.sum()), int(truth.sum())),
                micro_f1=_f1(truth, answers),
                macro_f1=_mean((2 * right[occurring] / possible[occurring]).tolist()),
            )
        )
    return tuple(points)


def _f1(truth: Answers, answers: Answers) -> float:
    return _share(2 * int((truth & answers).sum()), int(truth.sum()) + int(answers.sum()))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
