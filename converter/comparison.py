"""How one model's answers differ from another's on the same images. Pure: arrays in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
NO_CLASS = -1


@dataclass(frozen=True)
class ClassDrop:
    """What one class lost.

    Attributes:
        images: how many evaluation images show it.
        reference: the share of them the Keras model classified rightly, 0..1.
        candidate: the share of them the converted model classified rightly, 0..1.
        drop_pp: the difference, in percentage points.
    """

    label: str
    images: int
    reference: float
    candidate: float
    drop_pp: float


def predicted_classes(scores: NDArray[np.float32]) -> Labels:
    """The class with the highest score, (images,); ``NO_CLASS`` where a score is no finite number."""
    return np.where(np.isfinite(scores).all(axis=1), scores.argmax(axis=1), NO_CLASS)


def class_drops(labels: Sequence[str], truth: Labels, reference: Labels, candidate: Labels) -> tuple[ClassDrop, ...]:
    """What each class lost, the worst first; classes without images are left out.

    Args:
        labels: the names of the classes.
        truth: the right classes, (images,).
        reference: the Keras model's top-1, (images,).
        candidate: the converted model's top-1, (images,).
    """
    rows = []
    for index, label in enumerate(labels):
        shown = truth == index
        images = int(shown.sum())
        if images:
            before, after = (int((predicted[shown] == index).sum()) for predicted in (reference, candidate))
            rows.append(ClassDrop(label, images, before / images, after / images, 100 * (before - after) / images))
    return tuple(sorted(rows, key=lambda row: -row.drop_pp))
