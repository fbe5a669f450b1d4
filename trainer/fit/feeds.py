"""What a phase is fed with, epoch by epoch. The order depends on seed and epoch alone, so a phase can be resumed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.data.pixels import PixelSource, normalized
from trainer.features import FeatureRows

Indices = NDArray[np.int64]
Values = NDArray[np.float32]
Targets = NDArray[np.float32]
"""float32 (images, outputs): what the model should say of each image."""

Augment = Callable[[Values, tuple[int, ...]], Values]
"""Varies pixels in 0..255, float32 (images, height, width, channels); equal seeds give equal results."""

_BLOCK_BYTES = 16 << 20
"""Batches go to TensorFlow some at once, about so large: a call for each would cost more than it carries."""

_AHEAD = 2
"""Blocks that are prepared while the model is busy."""

_KEPT_BYTES = 64 << 20
"""Features that are the same in each epoch are kept as tensors where they take no more."""

_MOST_STEPS_AT_ONCE = 1000


@dataclass(frozen=True)
class Order:
    """Which images come when.

    Attributes:
        batch_size: images a step, of all workers together.
        seed: of the order; None keeps the images as they are.
        worker, workers: which share of each batch is this process's.
        smallest: a last batch with fewer images is left out.
    """

    batch_size: int
    seed: int | None
    worker: int = 0
    workers: int = 1
    smallest: int = 1

    def steps(self, count: int) -> int:
        """How many steps an epoch of ``count`` images takes."""
        full, rest = divmod(count, self.batch_size)
        return full + (rest >= self.smallest)

    def batches(self, count: int, epoch: int) -> Iterator[Indices]:
        """The images of each step of an epoch."""
        order = np.arange(count)
        if self.seed is not None:
            order = np.random.default_rng([self.seed, epoch]).permutation(count)
        for step in range(self.steps(count)):
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            yield np.array_split(batch, self.workers)[self.worker]

    def blocks(self, count: int, epoch: int, largest: int) -> Iterator[tuple[Indices, int]]:
        """Batches of one size joined, up to ``largest`` images or one batch: the images, and the size of a batch."""
        joined: list[Indices] = []
        for batch in self.batches(count, epoch):
            if joined and (len(batch) != len(joined[0]) or len(batch) * (len(joined) + 1) > largest):
                yield np.concatenate(joined), len(joined[0])
                joined = []
            joined.append(batch)
        if joined:
            yield np.concatenate(joined), len(joined[0])


class Feed(Protocol):
    """Gives the batches of each epoch."""

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""

    @property
    def steps_at_once(self) -> int:
        """How many of them may be computed in one call; a divisor of ``steps``."""

    def dataset(self, epochs: range) -> Any:
        """The batches of some epochs, one after the other: a ``tf.data.Dataset`` of (inputs, targets)."""


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

        def take(indices: Indices, epoch: int, _block: int) -> Values:
            shown = np.random.default_rng([self.order.seed or 0, epoch, 1]).integers(len(self.views), size=len(self))
            values = np.empty((len(indices), self.views[0].width), np.float32)
            for number, view in enumerate(self.views):
                chosen = shown[indices] == number
                values[chosen] = view[indices[chosen]]
            return values

        dataset = _dataset(self.order, self.targets, epochs, (self.views[0].width,), take)
        is_small = 4 * self.views[0].width * len(self) <= _KEPT_BYTES
        return dataset.cache() if self.order.seed is None and is_small else dataset

    def blocks(self) -> Iterator[Values]:
        """The features of all images in all views, some at a time: float32 (images, features)."""
        largest = max(1, _BLOCK_BYTES // (4 * self.views[0].width))
        for view in self.views:
            for start in range(0, len(self), largest):
                yield view[np.arange(start, min(start + largest, len(self)))]

    def __len__(self) -> int:
        return len(self.targets)


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

        def take(indices: Indices, epoch: int, block: int) -> Values:
            values = self.pixels.take(indices, pool)
            if self.augment is not None:
                values = self.augment(values, (epoch, block * self.order.workers + self.order.worker))
            return normalized(values, self.pixels.spec)

        spec = self.pixels.spec
        return _dataset(self.order, self.targets, epochs, (spec.height, spec.width, spec.channels), take)


def _dataset(
    order: Order,
    targets: Targets,
    epochs: range,
    shape: tuple[int, ...],
    take: Callable[[Indices, int, int], Values],
) -> Any:
    """Batches of (inputs, targets); ``take`` gives the inputs of images in an epoch, and the number of the block."""
    largest = _BLOCK_BYTES // (4 * int(np.prod(shape)))

    def blocks() -> Iterator[tuple[Values, Targets]]:
        for epoch in epochs:
            for number, (indices, batch_size) in enumerate(order.blocks(len(targets), epoch, largest)):
                batches = (len(indices) // batch_size, batch_size)
                values = take(indices, epoch, number)
                yield values.reshape(*batches, *shape), targets[indices].reshape(*batches, targets.shape[1])

    signature = tuple(tf.TensorSpec((None, None, *of_one), tf.float32) for of_one in (shape, targets.shape[1:]))
    dataset = tf.data.Dataset.from_generator(blocks, output_signature=signature).prefetch(_AHEAD)
    dataset = dataset.flat_map(lambda *block: tf.data.Dataset.from_tensor_slices(block))
    return dataset.apply(tf.data.experimental.assert_cardinality(order.steps(len(targets)) * len(epochs)))
