"""The pixels of images at the model's input size: held in memory where they fit, else read from the files anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.progress import progress_bar
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.preprocess import normalization
from trainer.data.pixels.batches import iterate_batches, load_batch

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
        held: uint8 (images, height, width, channels), or None where they are read from the files.
    """

    images: LabelledImages
    spec: PreprocessSpec
    held: NDArray[np.uint8] | None = None

    def take(self, indices: Sequence[int] | NDArray[np.int64], pool: ThreadPoolExecutor) -> Values:
        """The pixels of some images, as whole numbers; ``pool`` decodes.

        Raises:
            ImageError: a file has become unreadable meanwhile.
        """
        if self.held is not None:
            return self.held[indices].astype(np.float32)
        shares = [share.tolist() for share in np.array_split(indices, os.cpu_count() or 1) if len(share)]
        spec = without_normalization(self.spec)
        return np.concatenate(list(pool.map(lambda share: load_batch(self.images, share, spec).pixels, shares)))


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


def open_pixels(images: LabelledImages, spec: PreprocessSpec, *, holds: bool) -> PixelSource:
    """The pixels of all images; with ``holds`` they are decoded now, once.

    Raises:
        ImageError: an image cannot be decoded.
    """
    if not holds:
        return PixelSource(images, spec)
    held = np.empty((len(images), spec.height, spec.width, spec.channels), np.uint8)
    with progress_bar("images", len(images), "image") as bar:
        for batch in iterate_batches(images, without_normalization(spec)):
            held[batch.indices] = batch.pixels
            bar.update(len(batch.indices))
    return PixelSource(images, spec, held)
