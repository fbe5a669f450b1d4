"""From images to what a training is fed with: features of a frozen backbone, or pixels."""

from __future__ import annotations

from edge_runtime.contracts.command import logger
from edge_runtime.contracts.dataset import PARTS
from trainer.config import TrainConfig
from trainer.data.checks import report_unreadable
from trainer.data.labels import balanced_weights, choose_task, report_imbalance
from trainer.data.source import DataSource
from trainer.data.split import Split, split_images
from trainer.feature_store import FeatureRows
from trainer.features import FeatureExtractor
from trainer.objective import Objective
from trainer.pixels import PixelSource, open_pixels
from trainer.record import PreparedData


def prepare_features(
    config: TrainConfig, source: DataSource, extractor: FeatureExtractor
) -> tuple[PreparedData, FeatureRows]:
    """Computes the features of all images; those that cannot be decoded are left out, the others split."""
    features = extractor.extract(source.images)
    return _split_readable(config, source, features.indices), features.values


def prepare_pixels(config: TrainConfig, source: DataSource) -> tuple[PreparedData, PixelSource]:
    """Decodes all images; those that cannot be decoded are left out, the others split."""
    pixels, readable = open_pixels(source.images, config.preprocessing)
    return _split_readable(config, source, readable), pixels


def _split_readable(config: TrainConfig, source: DataSource, readable: list[int]) -> PreparedData:
    report_unreadable(source.images, readable)
    source = source.subset(readable)
    split = split_images(source, config.split, config.seed)
    sizes = ", ".join(f"{len(split[part])} {part}" for part in PARTS)
    logger.info("data: %d classes, images: %s", len(source.images.classes), sizes)
    return PreparedData(source.images, split, _make_objective(config, source, split), config.preprocessing)


def _make_objective(config: TrainConfig, source: DataSource, split: Split) -> Objective:
    task = choose_task(config.task, source.images)  # already settled, unless this is called by itself
    train_part = source.images.subset(split["train"])
    report_imbalance(train_part, config.class_weights)
    weights = balanced_weights(train_part, task) if config.class_weights == "balanced" else None
    return Objective(task, len(source.images.classes), weights)
