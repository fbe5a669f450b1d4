"""From screened images to what a training works on: their parts, the task, and what each class counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import PARTS, LabelledImages
from edge_runtime.contracts.manifest import Task
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.config import TrainConfig
from trainer.data.labels import balanced_weights, choose_task, report_imbalance
from trainer.data.source import DataSource
from trainer.data.split import Split, split_images


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Images that can all be decoded, split.

    Attributes:
        split: for each part the indices of its images.
        task: what is decided of an image.
        class_weights: None, or by how much an image counts in the loss; see :func:`balanced_weights`.
        spec: the preprocessing before the backbone.
    """

    images: LabelledImages
    split: Split
    task: Task
    class_weights: NDArray[np.float32] | None
    spec: PreprocessSpec

    def part(self, name: str) -> LabelledImages:
        """The images of "train", "val" or "test"."""
        return self.images.subset(self.split[name])


def prepare_data(config: TrainConfig, source: DataSource) -> PreparedData:
    """Splits the images; ``config`` must be resolved.

    Raises:
        DataError: a class is too small to be split, or the labels do not fit the task.
    """
    images = source.images
    split = split_images(source, config.split, config.seed)
    task = choose_task(config.task, images)
    sizes = ", ".join(f"{len(split[part])} {part}" for part in PARTS)
    logger.info("data: %d classes, images: %s", len(images.classes), sizes)
    train_part = images.subset(split["train"])
    report_imbalance(train_part, config.class_weights)
    weights = balanced_weights(train_part, task) if config.class_weights == "balanced" else None
    return PreparedData(images, split, task, weights, config.preprocessing)
