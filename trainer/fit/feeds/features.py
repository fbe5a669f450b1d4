"""FeatureFeed: features of images, for a head on a frozen backbone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.augmentation import read_augmentation
from trainer.config import TrainConfig
from trainer.data import PreparedData
from trainer.features import FeatureRows
from trainer.features.extractor import FeatureExtractor
from trainer.fit.distribution import Workers
from trainer.fit.feeds.base import ModelInputs, Targets, make_dataset, targets_of
from trainer.fit.feeds.order import Indices, Order, training_order
from trainer.networks import KerasModel

_KEPT_BYTES = 64 << 20
"""Features that are the same in each epoch are kept as tensors where they take no more."""

_MOST_STEPS_AT_ONCE = 1000

_VALIDATED_AT_ONCE = 1024
"""Features take so little memory that a step of validation may be long."""


@dataclass(frozen=True, eq=False)
class FeatureFeed:
    """Features of images, from one or more views of each.

    Attributes:
        views: what the frozen backbone makes of each view. An epoch shows each image in one of them, chosen at random.
        targets: of the images.
    """

    views: Sequence[FeatureRows]
    targets: Targets
    order: Order

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return self.order.steps(len(self.targets))

    @property
    def steps_at_once(self) -> int:
        """A step is so short that the call would take longer."""
        return max(count for count in range(1, _MOST_STEPS_AT_ONCE + 1) if self.steps % count == 0)

    def dataset(self, epochs: range) -> Any:
        """The batches of some epochs; see :class:`Feed`."""

        def take(indices: Indices, epoch: int, _block: int) -> ModelInputs:
            shown = np.random.default_rng([self.order.seed or 0, epoch, 1]).integers(len(self.views), size=len(self))
            values = np.empty((len(indices), self.views[0].width), np.float32)
            for number, view in enumerate(self.views):
                chosen = shown[indices] == number
                values[chosen] = view[indices[chosen]]
            return values

        dataset = make_dataset(self.order, self.targets, epochs, (self.views[0].width,), take)
        is_small = 4 * self.views[0].width * len(self) <= _KEPT_BYTES
        return dataset.cache() if self.order.seed is None and is_small else dataset

    def __len__(self) -> int:
        return len(self.targets)


def feature_feeds(
    config: TrainConfig, data: PreparedData, backbone: KerasModel, workers: Workers
) -> tuple[FeatureFeed, FeatureFeed]:
    """Features to train on, varied views included, and to validate with.

    Raises:
        ImageError: an image has become unreadable since it was screened.
    """
    cache_bytes = config.feature_cache_mb << 20 if config.feature_cache else 0
    extractor = FeatureExtractor(backbone, config.preprocessing, cache_bytes=cache_bytes)
    settings = read_augmentation(config.augment)

    def feed(part: str) -> FeatureFeed:
        images = data.part(part)
        views = [extractor.extract(images)]
        if part == "train" and not settings.is_none:
            views += extractor.extract_views(images, settings, config.views)
        order = training_order(config, workers) if part == "train" else Order(_VALIDATED_AT_ONCE, None)
        return FeatureFeed(views, targets_of(data, part), order)

    return feed("train"), feed("val")
