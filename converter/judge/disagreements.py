"""The evaluation images on which a file departs most from the float model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from converter.judge.compare import Scores, answers_of, same_answers
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.model import ModelContract

SHOWN = 12


@dataclass(frozen=True)
class Disagreement:
    """An evaluation image that the chosen file, or the last one tried, answers otherwise than the float model.

    Attributes:
        image: its name.
        truth: what it shows.
        reference: the float model's answer.
        reference_score: and that answer's score.
        candidate: the file's answer.
        candidate_score: and its score.
    """

    image: str
    truth: str
    reference: str
    reference_score: float
    candidate: str
    candidate_score: float


def worst_disagreements(
    images: LabelledImages, contract: ModelContract, reference: Scores, candidate: Scores
) -> tuple[Disagreement, ...]:
    """Images with another answer than the float model's, those first whose scores moved most.

    Args:
        images: what was evaluated.
        contract: of both.
        reference: the float model's scores, (images, classes).
        candidate: the file's scores, of the same shape.
    """
    task, thresholds = contract.task, contract.thresholds
    before, after = (answers_of(scores, task, thresholds) for scores in (reference, candidate))
    differs = np.flatnonzero(~same_answers(before, after, candidate))
    moved = np.nan_to_num(np.abs(candidate - reference), nan=1.0, posinf=1.0).max(axis=1)
    worst = differs[np.argsort(-moved[differs], kind="stable")][:SHOWN].tolist()
    return tuple(
        Disagreement(
            image=images.names[index],
            truth=_names(contract, list(images.labels[index])),
            reference=_names(contract, np.flatnonzero(before[index]).tolist()),
            reference_score=_top(reference[index]),
            candidate=_names(contract, np.flatnonzero(after[index]).tolist()),
            candidate_score=_top(candidate[index]),
        )
        for index in worst
    )


def _names(contract: ModelContract, classes: list[int]) -> str:
    return ", ".join(contract.labels[index] for index in classes) or "none"


def _top(row: Scores) -> float:
    return round(float(np.nan_to_num(row, nan=0.0, posinf=0.0, neginf=0.0).max()), 4)
