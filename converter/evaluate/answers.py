"""What each model said of each image, in words: for pictures, for rows, for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converter.judge import Answers, Scores
from edge_runtime.contracts.dataset import LabelledImages

SHOWN = 12
_NONE = "none"
_DIGITS = 6


@dataclass(frozen=True)
class Said:
    """One model's answer to one image.

    Attributes:
        model: its name.
        answer: the names of the classes that it says, or "none".
        score: its highest.
        right: whether the answer is wholly right; None where nobody knows.
    """

    model: str
    answer: str
    score: float
    right: bool | None


@dataclass(frozen=True)
class Mistake:
    """An image that a model got wrong.

    Attributes:
        image: its name.
        truth: what it shows.
        answer: what the model says.
        score: of the answer's best class.
        truth_score: of what it shows, the lowest where that are several classes.
    """

    image: str
    truth: str
    answer: str
    score: float
    truth_score: float


@dataclass(frozen=True)
class Changed:
    """An image on which models differ."""

    image: str
    truth: str
    said: tuple[Said, ...]


def said_of(model: str, labels: Sequence[str], answers: Answers, scores: Scores, truth: Answers | None) -> list[Said]:
    """The answers to all images, in their order; ``truth`` is None where nobody knows."""
    tops = np.nan_to_num(scores, nan=0.0, posinf=0.0, neginf=0.0).max(axis=1).tolist()
    right = [None] * len(answers) if truth is None else (answers == truth).all(axis=1).tolist()
    return [
        Said(model, _joined([labels[index] for index in np.flatnonzero(row).tolist()]), round(top, _DIGITS), is_right)
        for row, top, is_right in zip(answers, tops, right, strict=True)
    ]


def truth_names(images: LabelledImages) -> list[str]:
    """What each image shows."""
    return [_joined([images.classes[label] for label in labels]) for labels in images.labels]


def truth_scores(truth: Answers, scores: Scores) -> NDArray[np.float64]:
    """The lowest score of what each image shows, (images,); 0 where it shows nothing."""
    lowest = np.where(truth, np.nan_to_num(scores, nan=0.0), np.inf).min(axis=1)
    return np.where(np.isfinite(lowest), lowest, 0.0)


def mistakes_of(
    images: LabelledImages, truth: Answers, answers: Answers, scores: Scores, said: Sequence[Said], several: bool
) -> tuple[tuple[Mistake, ...], tuple[Mistake, ...]]:
    """The worst mistakes, and the surest, each list with the worst first.

    Args:
        images: that were answered.
        truth: what they show.
        answers: the model's.
        scores: its probabilities.
        said: its answers in words.
        several: whether an image may have several labels: then the worst is the decision that is furthest off, else
            the lowest score of what the image shows. The surest is the highest score of what it does not show.
    """
    wrong = np.flatnonzero((truth != answers).any(axis=1))
    least = truth_scores(truth, scores)
    if several:
        least = np.where(truth, scores, 1 - scores).min(axis=1)
    surest = np.where(truth, 0, np.nan_to_num(scores)).max(axis=1)
    names, shown = truth_names(images), truth_scores(truth, scores)
    worst, sure = (
        tuple(
            Mistake(images.names[i], names[i], said[i].answer, said[i].score, round(float(shown[i]), _DIGITS))
            for i in wrong[np.argsort(order[wrong], kind="stable")][:SHOWN].tolist()
        )
        for order in (np.nan_to_num(least), -surest)
    )
    return worst, sure


def changed_images(
    images: LabelledImages, answers: Sequence[Answers], said: Sequence[Sequence[Said]]
) -> tuple[Changed, ...]:
    """The images on which not all models give the same answer, in the order of the images."""
    differ = np.zeros(len(images), np.bool_)
    for other in answers[1:]:
        differ |= (other != answers[0]).any(axis=1)
    names = truth_names(images)
    return tuple(
        Changed(images.names[index], names[index], tuple(each[index] for each in said))
        for index in np.flatnonzero(differ).tolist()
    )


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names) or _NONE
