"""The accuracy gate: whether a converted model may be written. Pure: arrays and numbers in, a verdict out.

Every metric is a share of whole numbers, right by possible: of top-1 and accuracy images by images; of micro-F1 twice
the true positives by all positives, said or true. So limits are compared as fractions, and no rounding decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converter.errors import DataError
from converter.judge.compare import (
    METRICS,
    Answers,
    ClassDrop,
    Scores,
    answers_of,
    confidence_shift,
    same_answers,
)
from converter.judge.intervals import drop_interval
from edge_runtime.contracts.manifest import GateVerdict, Metric, Task


@dataclass(frozen=True)
class Limits:
    """What a converted model may lose.

    Attributes:
        max_drop_pp: of the metric, in percentage points.
        max_class_drop_pp: of any one class; None where that is not limited.
        min_agreement_percent: how many of a hundred images need the Keras model's answer.
    """

    max_drop_pp: float
    max_class_drop_pp: float | None = None
    min_agreement_percent: float = 0.0


class Counts(NamedTuple):
    """A metric as whole numbers: ``right`` of ``possible``."""

    right: int
    possible: int

    @property
    def share(self) -> Fraction:
        """The metric, 0..1; 0 where nothing was possible."""
        return Fraction(self.right, self.possible) if self.possible else Fraction(0)


def judge(
    truth: Answers,
    reference: Scores,
    candidate: Scores,
    task: Task,
    limits: Limits,
    *,
    thresholds: tuple[float, ...] = (),
    per_class: tuple[ClassDrop, ...] = (),
) -> GateVerdict:
    """Compares two models on the same images.

    Args:
        truth: the right answers.
        reference: the Keras model's scores.
        candidate: the converted model's scores.
        task: decides the metric.
        limits: what may be lost.
        thresholds: from which score on each label counts, for a multi-label task.
        per_class: what each class lost, the worst first (:func:`converter.judge.compare.class_drops`).

    Raises:
        DataError: there is no image, or a score of the reference is no finite number.
    """
    if not len(truth):
        raise DataError("no evaluation images; the gate cannot judge without")
    if not np.isfinite(reference).all():
        raise DataError("the float model gives scores that are no numbers (NaN or infinite); train it again")
    metric = METRICS[task]
    before, after = (answers_of(scores, task, thresholds) for scores in (reference, candidate))
    same = int(same_answers(before, after, candidate).sum())
    counts = [count_images(truth, answers, metric) for answers in (before, after)]
    worst = per_class[0].drop_pp if per_class else None
    reference_counts, candidate_counts = map(_total, counts)
    kept = [
        bool(np.isfinite(candidate).all()),
        keeps_drop(reference_counts, candidate_counts, limits.max_drop_pp),
        Fraction(100 * same, len(truth)) >= Fraction(str(limits.min_agreement_percent)),
        limits.max_class_drop_pp is None or worst is None or worst <= limits.max_class_drop_pp + 1e-9,
    ]
    return GateVerdict(
        metric=metric,
        reference=float(reference_counts.share),
        candidate=float(candidate_counts.share),
        drop_pp=float(100 * (reference_counts.share - candidate_counts.share)),
        max_drop_pp=limits.max_drop_pp,
        images=len(truth),
        passed=all(kept),
        drop_interval_pp=drop_interval(*counts),
        agreement=same / len(truth),
        min_agreement=limits.min_agreement_percent / 100,
        worst_class_drop_pp=worst,
        max_class_drop_pp=limits.max_class_drop_pp,
        confidence_shift=round(confidence_shift(reference, candidate), 6),
    )


def keeps_drop(reference: Counts, candidate: Counts, max_drop_pp: float) -> bool:
    """Whether the metric fell by ``max_drop_pp`` at most, which is taken as the decimal number it prints as."""
    return 100 * (reference.share - candidate.share) <= Fraction(str(max_drop_pp))


def count_images(truth: Answers, answers: Answers, metric: Metric) -> NDArray[np.int64]:
    """Right and possible of each image, int64 (images, 2); the metric is the sum of the one by that of the other."""
    right = (truth & answers).sum(axis=1)
    if metric != "micro-f1":
        return np.stack([right, np.ones_like(right)], axis=1)
    return np.stack([2 * right, truth.sum(axis=1) + answers.sum(axis=1)], axis=1)


def _total(counts: NDArray[np.int64]) -> Counts:
    return Counts(int(counts[:, 0].sum()), int(counts[:, 1].sum()))


def refusals(verdict: GateVerdict, worst_class: str = "") -> list[str]:
    """What a refused model lost, each limit that it broke as half a sentence; empty for one that passed."""
    broken = []
    if verdict.drop_pp > verdict.max_drop_pp:
        drop = f"{verdict.metric} fell by {verdict.drop_pp:.2f} pp, more than the {verdict.max_drop_pp:g} allowed"
        one = 100 / verdict.images
        if 0 < verdict.max_drop_pp < one:
            drop += f" (of {verdict.images} images one is {one:.2f} pp: evaluate on more, --eval-data)"
        broken.append(drop)
    if verdict.agreement is not None and verdict.agreement < verdict.min_agreement:
        broken.append(
            f"only {verdict.agreement:.1%} of the images keep their answer, where {verdict.min_agreement:.1%} should"
        )
    worst, allowed = verdict.worst_class_drop_pp, verdict.max_class_drop_pp
    if worst is not None and allowed is not None and worst > allowed:
        broken.append(f"class {worst_class} fell by {worst:.1f} pp, more than the {allowed:g} allowed")
    if not broken and not verdict.passed:
        broken.append("it gives scores that are no numbers (NaN or infinite)")
    return broken


def coarseness(verdict: GateVerdict) -> str | None:
    """What the gate cannot tell with so few images; None where it can."""
    _, most = verdict.drop_interval_pp or (0.0, 0.0)
    if not verdict.passed or verdict.max_drop_pp >= 100 or most <= verdict.max_drop_pp:
        return None
    return (
        f"measured on {verdict.images} images: on others the drop may be up to {most:.2f} pp (95 % confidence), more "
        f"than the {verdict.max_drop_pp:g} allowed; more images (--eval-data) narrow that"
    )
