"""Makes a JPEG of a frame for those who look from elsewhere."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

_QUALITY = 75


def as_jpeg(pixels: NDArray[np.uint8], longest_side: int) -> bytes:
    """The picture, uint8 RGB (height, width, 3), at most ``longest_side`` wide and high."""
    from PIL import Image  # here: nobody may be looking

    picture = Image.fromarray(pixels)
    picture.thumbnail((longest_side, longest_side), reducing_gap=2.0)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
