"""The verdict on one file: its scores beside the float model's, on images whose classes are known."""

from __future__ import annotations

from collections.abc import Sequence

from converter.judge.compare import METRICS, ClassDrop, Scores, answers_of, class_drops, truth_of
from converter.judge.gate import Limits, judge
from edge_runtime.contracts.manifest import GateVerdict
from edge_runtime.model import ModelContract


def judge_scores(
    shown: Sequence[tuple[int, ...]], contract: ModelContract, reference: Scores, candidate: Scores, limits: Limits
) -> tuple[GateVerdict, tuple[ClassDrop, ...]]:
    """The verdict, and what each class lost, the worst first.

    Args:
        shown: the classes that each image shows.
        contract: of both models.
        reference: the float model's scores, (images, classes).
        candidate: the file's scores, of the same shape.
        limits: what it may lose.

    Raises:
        DataError: there are no images, or the float model's scores are no numbers.
    """
    task, thresholds = contract.task, contract.thresholds
    truth = truth_of(shown, len(contract.labels))
    before, after = (answers_of(scores, task, thresholds) for scores in (reference, candidate))
    drops = class_drops(contract.labels, truth, before, after, METRICS[task])
    return judge(truth, reference, candidate, task, limits, thresholds=thresholds, per_class=drops), drops
