"""Feed: what a phase is fed with, epoch by epoch; and the ``tf.data.Dataset`` that all feeds are made into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.data import PreparedData
from trainer.fit.feeds.order import Indices, Order
from trainer.fit.objective import Objective

ModelInputs = NDArray[np.float32]
"""What the model takes: float32, images first."""

Targets = NDArray[np.float32]
"""float32 (images, outputs): what the model should say of each image."""

_BLOCK_BYTES = 16 << 20
"""Batches go to TensorFlow some at once, about so large: a call for each would cost more than it carries."""

_AHEAD = 2
"""Blocks that are prepared while the model is busy."""


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


def targets_of(data: PreparedData, part: str) -> Targets:
    """What the model should say of each image of a part."""
    return Objective.of(data).targets(data.part(part).labels)


def make_dataset(
    order: Order,
    targets: Targets,
    epochs: range,
    shape: tuple[int, ...],
    take: Callable[[Indices, int, int], ModelInputs],
) -> Any:
    """Batches of (inputs, targets); ``take`` gives the inputs of images in an epoch, and the number of the block."""
    largest = _BLOCK_BYTES // (4 * int(np.prod(shape)))

    def blocks() -> Iterator[tuple[ModelInputs, Targets]]:
        for epoch in epochs:
            for number, (indices, batch_size) in enumerate(order.blocks(len(targets), epoch, largest)):
                batches = (len(indices) // batch_size, batch_size)
                values = take(indices, epoch, number)
                yield values.reshape(*batches, *shape), targets[indices].reshape(*batches, targets.shape[1])

    signature = tuple(tf.TensorSpec((None, None, *of_one), tf.float32) for of_one in (shape, targets.shape[1:]))
    dataset = tf.data.Dataset.from_generator(blocks, output_signature=signature).prefetch(_AHEAD)
    dataset = dataset.flat_map(lambda *block: tf.data.Dataset.from_tensor_slices(block))
    return dataset.apply(tf.data.experimental.assert_cardinality(order.steps(len(targets)) * len(epochs)))
