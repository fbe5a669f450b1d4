"""ImageFeed: pixels of images, for what trains more than a head."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from edge_runtime.console.command import logger
from trainer.augmentation import read_augmentation
from trainer.augmentation.layers import Augmenter
from trainer.config import TrainConfig
from trainer.data import PreparedData
from trainer.data.pixels import PixelSource, fits_in_memory, normalized, open_pixels
from trainer.fit.distribution import Workers
from trainer.fit.feeds.base import ModelInputs, Targets, make_dataset, targets_of
from trainer.fit.feeds.order import Indices, Order, training_order

Augment = Callable[[ModelInputs, tuple[int, ...]], ModelInputs]
"""Varies pixels in 0..255, float32 (images, height, width, channels); equal seeds give equal results."""


@dataclass(frozen=True, eq=False)
class ImageFeed:
    """Images, varied anew each time where there is an ``augment``."""

    pixels: PixelSource
    targets: Targets
    order: Order
    augment: Augment | None = None
    steps_at_once: int = 1

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return self.order.steps(len(self.targets))

    def dataset(self, epochs: range) -> Any:
        """The batches of some epochs, normalised; see :class:`Feed`. All cores decode."""
        pool = ThreadPoolExecutor(os.cpu_count() or 1)

        def take(indices: Indices, epoch: int, block: int) -> ModelInputs:
            values = self.pixels.take(indices, pool)
            if self.augment is not None:
                values = self.augment(values, (epoch, block * self.order.workers + self.order.worker))
            return normalized(values, self.pixels.spec)

        spec = self.pixels.spec
        return make_dataset(self.order, self.targets, epochs, (spec.height, spec.width, spec.channels), take)


def image_feeds(config: TrainConfig, data: PreparedData, workers: Workers) -> tuple[ImageFeed, ImageFeed]:
    """Pixels to train on, varied anew each time, and to validate with.

    Raises:
        ImageError: an image has become unreadable since it was screened.
    """
    settings = read_augmentation(config.augment)
    holds = fits_in_memory(len(data.split["train"]) + len(data.split["val"]), data.spec)
    if not holds:
        logger.info("images: too many to hold in memory, so they are read anew each epoch")

    def feed(part: str) -> ImageFeed:
        augment = None
        if part == "train" and not settings.is_none:
            spec = data.spec
            augment = Augmenter(settings, (spec.height, spec.width, spec.channels), config.seed)
        pixels = open_pixels(data.part(part), data.spec, holds=holds)
        order = training_order(config, workers) if part == "train" else Order(config.batch_size, None)
        return ImageFeed(pixels, targets_of(data, part), order, augment)

    return feed("train"), feed("val")
