"""Antialiased resampling, with Pillow on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def antialias(pixels: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Resamples into ``out`` with a triangle filter that is as wide as the pixels of ``out`` are in the frame.

    First across, then down. Weights are whole numbers of 2^-22, and each of the two results is rounded half up to
    eight bits. So all machines give the same bytes. In one call Pillow 13 would go down first where a frame is tall.
    """
    height, width = out.shape[:2]
    image = Image.fromarray(np.ascontiguousarray(pixels))
    across = image.resize((width, image.height), Image.Resampling.BILINEAR)
    out[...] = np.asarray(across.resize((width, height), Image.Resampling.BILINEAR))
