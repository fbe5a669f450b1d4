"""Images as Keras takes them for fine-tuning: read anew each epoch, so that they need not fit in memory."""

from __future__ import annotations

import math
import os

import keras
import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.data.batches import load_batch
from trainer.objective import Objective


class ImageSequence(keras.utils.PyDataset):
    """Batches of pixels, float32 (batch, height, width, channels), and targets, float32 (batch, outputs)."""

    def __init__(
        self,
        images: LabelledImages,
        spec: PreprocessSpec,
        objective: Objective,
        batch_size: int,
        shuffle_seed: int | None,
    ) -> None:
        """With ``shuffle_seed`` None the images keep their order; else each epoch has its own."""
        super().__init__(workers=os.cpu_count() or 1)
        self._images = images
        self._spec = spec
        self._objective = objective
        self._batch_size = batch_size
        self._generator = None if shuffle_seed is None else np.random.default_rng(shuffle_seed)
        self._order = np.arange(len(images))
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self._images) / self._batch_size)

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        indices = self._order[number * self._batch_size : (number + 1) * self._batch_size].tolist()
        batch = load_batch(self._images, indices, self._spec)
        return batch.pixels, self._objective.targets([self._images.labels[index] for index in batch.indices])

    def on_epoch_end(self) -> None:
        """Draws the order of the next epoch."""
        if self._generator is not None:
            self._order = self._generator.permutation(len(self._images))
