"""From screened images to what a training works on: their parts, and what is trained for."""

from __future__ import annotations

from edge_runtime.contracts.command import logger
from edge_runtime.contracts.dataset import PARTS
from trainer.config import TrainConfig
from trainer.data.labels import balanced_weights, choose_task, report_imbalance
from trainer.data.source import DataSource
from trainer.data.split import split_images
from trainer.objective import Objective
from trainer.record import PreparedData


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
