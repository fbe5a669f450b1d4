"""The one resampling function of this project, and the part of a frame it is applied to.

**Bilinear after block averaging.** Where the frame (or the part of it that is used) is at least four times as high and
as wide as the target, blocks of 2x2, 4x4, 8x8, ... pixels are first averaged into one: the largest that leave at least
twice the target. Rows and columns left over are dropped half on each side. Bilinear interpolation with half-pixel
centres and repeated border follows. So a 640x480 frame costs one interpolation, and a 12-megapixel photo is not
aliased.

Two implementations: OpenCV (fast) and numpy with Pillow (always there). They agree within one step of 255 a stage,
and within 1/255 on average; a test holds them to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.command import DISTRIBUTION
from edge_runtime.contracts.preprocessing import PreprocessSpec

Pixels = NDArray[np.uint8]
Resizer = Callable[[Pixels, Pixels], None]
"""Resamples the first array, (height, width, 3), into the second; the first is already reduced below four times."""
Reducer = Callable[[Pixels, int], Pixels]
"""Averages square blocks of this side, which divides the array's sides."""

logger = logging.getLogger(DISTRIBUTION)


@lru_cache(maxsize=1)
def load_resizers() -> tuple[str, Resizer, Reducer]:
    """Returns name, resizer and reducer of the fastest implementation installed here."""
    try:
        from edge_runtime.preprocess import resize_opencv
    except ImportError:
        from edge_runtime.preprocess import resize_numpy

        logger.debug("OpenCV is not installed: frames are resized with numpy, slower with the same answer")
        return "numpy", resize_numpy.resize, resize_numpy.reduce
    return "opencv", resize_opencv.resize, resize_opencv.reduce


def resample(pixels: Pixels, out: Pixels) -> None:
    """Resamples ``pixels``, uint8 (height, width, 3), into all of ``out``, uint8 (target height, target width, 3)."""
    _, resize, reduce = load_resizers()
    side = _block_side(min(pixels.shape[0] // out.shape[0], pixels.shape[1] // out.shape[1]))
    if side > 1:
        height, width = pixels.shape[0] // side * side, pixels.shape[1] // side * side
        pixels = reduce(_centered(pixels, height, width), side)
    resize(pixels, out)


def resize_frame(pixels: Pixels, spec: PreprocessSpec, out: Pixels) -> None:
    """Fills ``out``, uint8 (spec.height, spec.width, 3), from a frame by the specification's resize mode."""
    if spec.resize == "squash":
        resample(pixels, out)
    elif spec.resize == "center-crop":
        resample(_centered(pixels, *_crop_size(pixels.shape[0], pixels.shape[1], spec)), out)
    else:
        height, width = _fitting_size(pixels.shape[0], pixels.shape[1], spec)
        out[...] = 0
        resample(pixels, _centered(out, height, width))


def _block_side(ratio: int) -> int:
    """The largest power of two that is at most half of ``ratio``, at least 1.

    OpenCV averages 2x2 blocks with vector instructions, and odd or oblong ones many times slower.
    """
    return 1 << max(0, ratio.bit_length() - 2)


def _crop_size(height: int, width: int, spec: PreprocessSpec) -> tuple[int, int]:
    scale = min(height / spec.height, width / spec.width) * spec.crop_fraction
    return min(height, max(1, round(spec.height * scale))), min(width, max(1, round(spec.width * scale)))


def _fitting_size(height: int, width: int, spec: PreprocessSpec) -> tuple[int, int]:
    scale = max(height / spec.height, width / spec.width)
    return min(spec.height, max(1, round(height / scale))), min(spec.width, max(1, round(width / scale)))


def _centered(array: Pixels, height: int, width: int) -> Pixels:
    top, left = (array.shape[0] - height) // 2, (array.shape[1] - width) // 2
    return array[top : top + height, left : left + width]
