"""The accuracy gate: whether a converted model may be written. Pure: arrays and numbers in, a verdict out.

Every metric is a share of whole numbers, right by possible: of top-1 and accuracy images by images; of micro-F1 twice
the true positives by all positives, said or true. So figures are computed as fractions and rounded once, to the float
that is nearest: a figure that is exactly a limit is that limit, and one comparison serves the verdict and its reasons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

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
from converter.judge.intervals import CONFIDENCE, drop_interval
from edge_runtime.contracts.manifest import GateVerdict, Metric, Task

LimitName = Literal["drop", "agreement", "class"]


@dataclass(frozen=True)
class Limits:
    """What a converted model may lose.

    Attributes:
        max_drop_pp: of the metric, in percentage points.
        max_class_drop_pp: of any one class; None where that is not limited.
        min_agreement_percent: how many of a hundred images need the Keras model's answer.
        excused_by_chance: the limits that count as broken only where their 95 % interval lies beyond them.
    """

    max_drop_pp: float
    max_class_drop_pp: float | None = None
    min_agreement_percent: float = 0.0
    excused_by_chance: frozenset[LimitName] = frozenset()


_MOST_DIGITS = 6


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
    _ensure_numbers(reference)
    metric = METRICS[task]
    before, after = (answers_of(scores, task, thresholds) for scores in (reference, candidate))
    same = int(same_answers(before, after, candidate).sum())
    counts = [count_images(truth, answers, metric) for answers in (before, after)]
    reference_counts, candidate_counts = map(_total, counts)
    verdict = GateVerdict(
        metric=metric,
        reference=float(reference_counts.share),
        candidate=float(candidate_counts.share),
        drop_pp=drop_pp(reference_counts, candidate_counts),
        max_drop_pp=limits.max_drop_pp,
        images=len(truth),
        passed=False,
        drop_interval_pp=drop_interval(*counts),
        agreement=same / len(truth),
        min_agreement=float(Fraction(str(limits.min_agreement_percent)) / 100),
        worst_class_drop_pp=per_class[0].drop_pp if per_class else None,
        max_class_drop_pp=limits.max_class_drop_pp,
        confidence_shift=round(confidence_shift(reference, candidate), 6),
    )
    broken = _broken_limits(verdict, per_class).keys() - _within_chance(verdict, limits)
    return replace(verdict, passed=bool(np.isfinite(candidate).all()) and not broken)


def _ensure_numbers(reference: Scores) -> None:
    """Refuses a float model with which nothing can be compared.

    Raises:
        DataError: one of its scores is no finite number.
    """
    if not np.isfinite(reference).all():
        raise DataError("the float model gives scores that are no numbers (NaN or infinite); train it again")


def metric_of(truth: Answers, answers: Answers, metric: Metric) -> float:
    """The metric of ``answers``, 0..1."""
    return float(_total(count_images(truth, answers, metric)).share)


def drop_pp(reference: Counts, candidate: Counts) -> float:
    """By how many percentage points the metric fell."""
    return float(100 * (reference.share - candidate.share))


def count_images(truth: Answers, answers: Answers, metric: Metric) -> NDArray[np.int64]:
    """Right and possible of each image, int64 (images, 2); the metric is the sum of the one by that of the other."""
    right = (truth & answers).sum(axis=1)
    if metric != "micro-f1":
        return np.stack([right, np.ones_like(right)], axis=1)
    return np.stack([2 * right, truth.sum(axis=1) + answers.sum(axis=1)], axis=1)


def _total(counts: NDArray[np.int64]) -> Counts:
    return Counts(int(counts[:, 0].sum()), int(counts[:, 1].sum()))


def refusals(verdict: GateVerdict, per_class: Sequence[ClassDrop] = ()) -> list[str]:
    """What a refused model lost, each limit that it broke as half a sentence; empty for one that passed.

    Args:
        verdict: of the gate.
        per_class: what each class lost, the worst first.
    """
    if verdict.passed:
        return []
    broken = list(_broken_limits(verdict, per_class).values())
    return broken or ["it gives scores that are no numbers (NaN or infinite)"]


def _within_chance(verdict: GateVerdict, limits: Limits) -> frozenset[LimitName]:
    """The limits that are kept within the 95 % interval of what was measured, of those for which that is enough."""
    kept: set[LimitName] = set()
    least_drop, _ = verdict.drop_interval_pp or (math.inf, math.inf)
    if least_drop <= verdict.max_drop_pp:
        kept.add("drop")
    if agreement_interval(verdict)[1] >= verdict.min_agreement:
        kept.add("agreement")
    return limits.excused_by_chance & kept


def agreement_interval(verdict: GateVerdict) -> tuple[float, float]:
    """The 95 % interval of the share of images with the same answer (Clopper and Pearson 1934)."""
    from scipy import stats

    same = round((verdict.agreement or 0.0) * verdict.images)
    interval = stats.binomtest(same, verdict.images).proportion_ci(CONFIDENCE)
    return float(interval.low), float(interval.high)


def _broken_limits(verdict: GateVerdict, per_class: Sequence[ClassDrop]) -> dict[LimitName, str]:
    broken: dict[LimitName, str] = {}
    if verdict.drop_pp > verdict.max_drop_pp:
        fell = _told_apart(verdict.drop_pp, verdict.max_drop_pp)
        drop = f"{verdict.metric} fell by {fell} pp, more than the {verdict.max_drop_pp:g} allowed"
        one = 100 / verdict.images
        if 0 < verdict.max_drop_pp < one:
            drop += f" (of {verdict.images} images one is {one:.2f} pp: evaluate on more, --eval-data)"
        broken["drop"] = drop
    if verdict.agreement is not None and verdict.agreement < verdict.min_agreement:
        keep = _told_apart(100 * verdict.agreement, 100 * verdict.min_agreement, 1)
        asked = f"{100 * verdict.min_agreement:.4g}%"
        broken["agreement"] = f"only {keep}% of the images keep their answer, where {asked} should"
    worst, allowed = verdict.worst_class_drop_pp, verdict.max_class_drop_pp
    if worst is not None and allowed is not None and worst > allowed:
        name = per_class[0].label if per_class else ""
        fell = _told_apart(worst, allowed, 1)
        broken["class"] = f"class {name} fell by {fell} pp, more than the {allowed:g} allowed"
    return broken


def coarseness(verdict: GateVerdict) -> str | None:
    """What the gate cannot tell with so few images; None where it can."""
    if verdict.passed and (broken := _broken_limits(verdict, ())):
        return (
            f"measured on {verdict.images} images: {' and '.join(broken.values())}; so few images cannot tell that "
            "from chance (95 % confidence); more images (--eval-data) can"
        )
    _, most = verdict.drop_interval_pp or (0.0, 0.0)
    if not verdict.passed or verdict.max_drop_pp >= 100 or most <= verdict.max_drop_pp:
        return None
    up_to = _told_apart(most, verdict.max_drop_pp)
    return (
        f"measured on {verdict.images} images: on others the drop may be up to {up_to} pp (95 % confidence), more than "
        f"the {verdict.max_drop_pp:g} allowed; more images (--eval-data) narrow that"
    )


def _told_apart(value: float, limit: float, digits: int = 2) -> str:
    """``value`` with so many digits that it does not read as ``limit``: 1.004 where 1 is allowed, not 1.00."""
    while digits < _MOST_DIGITS and math.isclose(float(f"{value:.{digits}f}"), limit, abs_tol=1e-12):
        digits += 1
    return f"{value:.{digits}f}"
