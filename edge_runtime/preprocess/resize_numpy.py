"""Resampling with numpy and Pillow, where OpenCV is not installed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ONE = 256  # fixed-point one, as in OpenCV's INTER_LINEAR_EXACT: a blend of two bytes then fits 16 bits

_ROWS = 32


def resize(pixels: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Bilinear, half-pixel centres, into ``out``; some rows at a time, so that what is in between stays small."""
    upper, lower, down = _axis(pixels.shape[0], out.shape[0])
    left, right, across = _axis(pixels.shape[1], out.shape[1])
    wide: NDArray[np.uint32] = np.asarray(across[None, :, None], np.uint32)
    for top in range(0, out.shape[0], _ROWS):
        part = slice(top, top + _ROWS)
        weight = down[part, None, None]
        rows: NDArray[np.uint16] = pixels[upper[part]] * (_ONE - weight)
        rows += pixels[lower[part]] * weight
        blend: NDArray[np.uint32] = rows.take(left, axis=1) * (_ONE - wide)
        blend += rows.take(right, axis=1) * wide
        blend += _ONE * _ONE // 2
        blend >>= 16
        np.copyto(out[part], blend, casting="unsafe")


def halve(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The average of each block of 2x2."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).reduce(2))


@lru_cache(maxsize=32)
def _axis(size: int, target: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint16]]:
    """For each target position its two neighbours in the source, and the weight of the second in 1/256."""
    position = (np.arange(target) + 0.5) * size / target - 0.5
    first = np.floor(position)
    weight = np.rint((position - first) * _ONE).astype(np.uint16)
    return (
        np.clip(first, 0, size - 1).astype(np.intp),
        np.clip(first + 1, 0, size - 1).astype(np.intp),
        weight,
    )
