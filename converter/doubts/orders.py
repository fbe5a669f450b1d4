"""Other orders of the labels: those that people mix up, and the one that the answers themselves suggest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from converter.judge import Answers

Order = NDArray[np.int64]
"""For each output the class that it stands for."""
_SHOWN_LABELS = 5


def usual_orders(labels: Sequence[str]) -> Iterator[Order]:
    """Orders that are mixed up often: one place on or back (a class "background"), by the alphabet, and by number."""
    places = range(len(labels))
    yield np.roll(places, 1)
    yield np.roll(places, -1)
    yield np.array(sorted(places, key=lambda place: labels[place]))
    yield np.array(sorted(places, key=lambda place: labels[place].lower()))
    yield np.array(sorted(places, key=lambda place: _numbers_in(labels[place])))


def suggested_order(truth: Answers, answers: Answers) -> Order:
    """For each output the class that it stands for most likely: the assignment that makes most answers right.

    Source: Kuhn 1955, "The Hungarian method for the assignment problem", on the confusion matrix; what is never
    answered keeps its place where that costs nothing.
    """
    from scipy.optimize import linear_sum_assignment

    confusion = answers.T.astype(np.float64) @ truth.astype(np.float64)
    _, order = linear_sum_assignment(-confusion - 0.01 * np.eye(len(confusion)))
    found: Order = order
    return found


def half_of_each_class(truth: Answers) -> NDArray[np.bool_]:
    """Every other image of those that show the same classes."""
    seen: Counter[bytes] = Counter()
    half = np.zeros(len(truth), np.bool_)
    for index, row in enumerate(truth):
        half[index] = seen[row.tobytes()] % 2 == 0
        seen[row.tobytes()] += 1
    return half


def reordered(answers: Answers, order: Order) -> Answers:
    """``answers`` where output i stands for class ``order[i]``."""
    reread = np.empty_like(answers)
    reread[:, order] = answers
    return reread


def labels_said(labels: Sequence[str]) -> str:
    """What the user would say."""
    more = ", …" if len(labels) > _SHOWN_LABELS else ""
    return f"--labels in the order {', '.join(labels[:_SHOWN_LABELS])}{more}"


def _numbers_in(label: str) -> list[tuple[bool, int, str]]:
    """Sorts "class 2" before "class 10"."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", label)]
