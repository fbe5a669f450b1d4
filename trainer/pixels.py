"""The pixels of images at the model's input size: held in memory where they fit, else read from the files anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.command import logger
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.progress import progress_bar
from edge_runtime.preprocess import normalization
from trainer.data.batches import iterate_batches, load_batch

MEMORY_BYTES = 768 << 20
"""Pixels that take more are read anew each epoch; so the training of a head stays below 3 GB, TensorFlow included."""

Values = NDArray[np.float32]
"""float32 (images, height, width, channels)."""


@dataclass(frozen=True, eq=False)
class PixelSource:
    """Images as pixels in 0..255, resized, in the model's order of colours, not yet normalised.

    Attributes:
        images: all of them can be decoded.
        spec: the preprocessing; its last step is left to :func:`normalized`.
        held: uint8 (rows, height, width, channels), or None where they are read from the files.
        rows: of ``held``, one an image; None where they are all of them in order.
    """

    images: LabelledImages
    spec: PreprocessSpec
    held: NDArray[np.uint8] | None = None
    rows: NDArray[np.int64] | None = None

    def take(self, indices: Sequence[int] | NDArray[np.int64], pool: ThreadPoolExecutor) -> Values:
        """The pixels of some images, as whole numbers; ``pool`` decodes.

        Raises:
            ImageError: a file has become unreadable meanwhile.
        """
        if self.held is not None:
            return self.held[indices if self.rows is None else self.rows[indices]].astype(np.float32)
        shares = [share.tolist() for share in np.array_split(indices, os.cpu_count() or 1) if len(share)]
        spec = without_normalization(self.spec)
        return np.concatenate(list(pool.map(lambda share: load_batch(self.images, share, spec).pixels, shares)))

    def subset(self, indices: list[int]) -> PixelSource:
        """The images at ``indices``, in that order; their pixels are not copied."""
        rows = np.array(indices, np.int64)
        if self.rows is not None:
            rows = self.rows[rows]
        return PixelSource(self.images.subset(indices), self.spec, self.held, None if self.held is None else rows)


def without_normalization(spec: PreprocessSpec) -> PreprocessSpec:
    """The same steps but the last, so that pixels stay in 0..255."""
    return replace(spec, mean=(0.0,), std=(1.0,))


def normalized(pixels: Values, spec: PreprocessSpec) -> Values:
    """What the model gets of pixels in 0..255: the last step of ``spec``, to the bit as the device takes it."""
    scale, offset = normalization(spec)
    values = pixels * scale
    values += offset
    return values


def fits_in_memory(count: int, spec: PreprocessSpec) -> bool:
    """Whether the pixels of ``count`` images may be held."""
    return count * spec.height * spec.width * spec.channels <= MEMORY_BYTES


def open_pixels(images: LabelledImages, spec: PreprocessSpec) -> tuple[PixelSource, list[int]]:
    """Decodes every image once, and holds the pixels where they fit in memory.

    Returns:
        Those that can be decoded, and their indices in ``images``.
    """
    holds = fits_in_memory(len(images), spec)
    held = np.empty((len(images) if holds else 0, spec.height, spec.width, spec.channels), np.uint8)
    if not holds:
        logger.info("images: too many to hold in memory, so they are read anew each epoch")
    readable: list[int] = []
    with progress_bar("images", len(images), "image") as bar:
        for batch in iterate_batches(images, without_normalization(spec), skip_unreadable=True):
            if holds:
                held[len(readable) : len(readable) + len(batch.indices)] = batch.pixels
            readable += batch.indices
            bar.update(len(batch.indices))
    chosen = images if len(readable) == len(images) else images.subset(readable)
    return PixelSource(chosen, spec, held[: len(readable)] if holds else None), readable
