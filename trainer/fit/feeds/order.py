"""Order: which images come when, and which of them are this worker's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.config import TrainConfig
from trainer.errors import ConfigError
from trainer.fit.distribution import Workers

Indices = NDArray[np.int64]


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


def training_order(config: TrainConfig, workers: Workers) -> Order:
    """Training images are shuffled and shared among the workers; of the others each worker sees all.

    Raises:
        ConfigError: a batch has fewer images than there are devices.
    """
    shares = workers.workers * workers.devices
    if config.batch_size < shares:
        raise ConfigError(f"batch_size {config.batch_size} is below {shares}, the number of devices")
    return Order(config.batch_size, config.seed, workers.worker, workers.workers, smallest=shares)
