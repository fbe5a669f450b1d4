"""Image files go in; preprocessed arrays come out, batch by batch, from memory or from the files."""

from __future__ import annotations

from trainer.data.pixels.batches import iterate_batches, load_batch
from trainer.data.pixels.source import (
    PixelSource,
    Values,
    fits_in_memory,
    normalized,
    open_pixels,
    without_normalization,
)

__all__ = [
    "PixelSource",
    "Values",
    "fits_in_memory",
    "iterate_batches",
    "load_batch",
    "normalized",
    "open_pixels",
    "without_normalization",
]
