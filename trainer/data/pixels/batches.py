"""Decodes and preprocesses images in batches, on all cores, through the one preprocessing of this project."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.preprocess import Preprocessor, read_image

BATCH = 128


@dataclass(frozen=True, eq=False)
class Batch:
    """Some images, ready for the model.

    Attributes:
        indices: of its images.
        pixels: float32 (len(indices), height, width, channels), normalised.
    """

    indices: list[int]
    pixels: NDArray[np.float32]


def load_batch(images: LabelledImages, indices: Sequence[int], spec: PreprocessSpec) -> Batch:
    """Reads the images at ``indices``.

    Raises:
        ImageError: an image cannot be decoded.
    """
    preprocess = Preprocessor(spec, TensorSpec((1, spec.height, spec.width, spec.channels), "float32"))
    pixels = np.empty((len(indices), spec.height, spec.width, spec.channels), np.float32)
    for row, index in enumerate(indices):
        preprocess(read_image(images.path(index)), pixels[row : row + 1])
    return Batch(list(indices), pixels)


def iterate_batches(images: LabelledImages, spec: PreprocessSpec) -> Iterator[Batch]:
    """All images in order, a batch for each ``BATCH`` of them; all cores decode, one batch ahead.

    Raises:
        ImageError: see :func:`load_batch`.
    """
    load = partial(load_batch, images, spec=spec)
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:

        def begin(start: int) -> list[Future[Batch]]:
            indices = np.arange(start, min(start + BATCH, len(images)))
            return [pool.submit(load, share.tolist()) for share in np.array_split(indices, workers)]

        pending = begin(0)
        for start in range(0, len(images), BATCH):
            loaded = [future.result() for future in pending]
            pending = begin(start + BATCH)
            indices = [index for batch in loaded for index in batch.indices]
            yield Batch(indices, np.concatenate([batch.pixels for batch in loaded]))
