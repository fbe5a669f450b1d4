"""What the labels of the data say: which task they are for, and how unevenly the classes are filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.dataset_files import absence_of
from edge_runtime.contracts.manifest import Task
from trainer.errors import DataError

IMBALANCED = 5
"""From this ratio of the fullest to the emptiest class on, it is said."""


def choose_task(wanted: str, images: LabelledImages) -> Task:
    """The task: ``wanted``, or with "auto" what the labels say, and then it is said in one line.

    Raises:
        DataError: the labels do not fit the wanted task; the message names an image.
    """
    if wanted == "auto":
        task, reason = _read_off(images)
        logger.info("task: %s (%s)", task, reason)
        return task
    task = cast(Task, wanted)
    if task == "binary" and len(images.classes) != 2:
        raise DataError(f"{images.root}: task binary needs two classes, there are {len(images.classes)}; use auto")
    if task != "multi-label":
        for name, labels in zip(images.names, images.labels, strict=True):
            if len(labels) != 1:
                raise DataError(
                    f"{images.root}: {name} has {len(labels)} labels, task {task} needs one; use --task multi-label"
                )
    return task


def report_imbalance(images: LabelledImages, class_weights: str) -> None:
    """Warns where one class has many times the images of another."""
    counts = _counts(images)
    most, least = int(counts.argmax()), int(counts.argmin())
    if counts[most] >= IMBALANCED * counts[least]:
        fix = "" if class_weights == "balanced" else "; --class-weights balanced makes them count alike"
        logger.warning(
            "imbalance: %d images of %s, %d of %s%s",
            counts[most], images.classes[most], counts[least], images.classes[least], fix,
        )  # fmt: skip


def balanced_weights(images: LabelledImages, task: Task) -> NDArray[np.float32]:
    """The weights with which each class counts alike, as the loss takes them: ``trainer.fit.objective``.

    They are those of scikit-learn's ``class_weight="balanced"``: images / (classes * images of the class); for outputs
    that decide each for itself, of the two classes "absent" and "present".
    """
    present = _counts(images)
    if task == "single-label":
        counts, kinds = present, len(present)
    else:
        present = present[1:] if task == "binary" else present
        counts, kinds = np.stack([len(images) - present, present]), 2
    return (len(images) / (kinds * np.maximum(counts, 1))).astype(np.float32)


def _read_off(images: LabelledImages) -> tuple[Task, str]:
    if any(len(labels) != 1 for labels in images.labels):
        return "multi-label", "not every image has exactly one label"
    if len(images.classes) == 2 and images.classes[0] == absence_of(images.classes[1]):
        return "binary", f"{images.classes[1]} or not"
    return "single-label", "each image has one label"


def _counts(images: LabelledImages) -> NDArray[np.int64]:
    """How many images show each class, (classes,)."""
    return multi_hot(images.labels, len(images.classes)).sum(axis=0)


def multi_hot(labels: Sequence[tuple[int, ...]], classes: int) -> NDArray[np.bool_]:
    """Which image shows which class: bool (images, classes)."""
    shown = np.zeros((len(labels), classes), np.bool_)
    for row, present in enumerate(labels):
        shown[row, list(present)] = True
    return shown
