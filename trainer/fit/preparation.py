"""From screened images to what a training works on: their parts, and what is trained for."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import PARTS, LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.config import TrainConfig
from trainer.data import DataSource, Split, balanced_weights, choose_task, report_imbalance, split_images
from trainer.fit.objective import Objective


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Images that can all be decoded, split.

    Attributes:
        split: for each part the indices of its images.
        objective: what is trained for.
        spec: the preprocessing before the backbone.
    """

    images: LabelledImages
    split: Split
    objective: Objective
    spec: PreprocessSpec

    def part(self, name: str) -> LabelledImages:
        """The images of "train", "val" or "test"."""
        return self.images.subset(self.split[name])


def prepare_data(config: TrainConfig, source: DataSource) -> PreparedData:
    """Splits the images; ``config`` must be settled.

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
    return PreparedData(images, split, Objective(task, len(images.classes), weights), config.preprocessing)
