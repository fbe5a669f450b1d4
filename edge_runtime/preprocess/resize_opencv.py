"""Resampling with OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def resize(pixels: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Bilinear, half-pixel centres, into ``out``; EXACT, since plain INTER_LINEAR depends on the processor."""
    height, width = out.shape[:2]
    result = cv2.resize(pixels, (width, height), dst=out, interpolation=cv2.INTER_LINEAR_EXACT)
    if result is not out and not np.shares_memory(result, out):
        out[...] = result  # OpenCV makes a new array where it cannot write into a view


def halve(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The average of each block of 2x2."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    reduced: NDArray[np.uint8] = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return reduced
