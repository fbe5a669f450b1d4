"""The resampling functions of this project, and the part of a frame they are applied to.

**Bilinear after halving.** While the frame (or the part of it that is used) is at least four times as high and as wide
as the target, it is halved: 2x2 pixels are averaged into one (an odd last row or column is left out). Bilinear
interpolation with half-pixel centres and repeated border follows. So a 640x480 frame costs one interpolation, and a
12-megapixel photo is not aliased.

Two implementations, OpenCV (fast) and numpy with Pillow (always there), give the same bytes on every machine: weights
are in 1/256, sums are exact, and the result is rounded once, half up.

**Antialias** is for models that were trained on antialiased pictures: ``resize_antialias`` says how it is computed. The
frame is not halved before it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.command import logger
from edge_runtime.contracts.preprocessing import PreprocessSpec, Resampling
from edge_runtime.preprocess.resize_antialias import antialias

Pixels = NDArray[np.uint8]
Resizer = Callable[[Pixels, Pixels], None]
"""Resamples the first array, (height, width, 3), into the second; the first is already halved below four times."""
Halver = Callable[[Pixels], Pixels]
"""Averages blocks of 2x2 pixels; both sides of the array are even."""


@lru_cache(maxsize=1)
def load_resizers() -> tuple[str, Resizer, Halver]:
    """Returns name, resizer and halver of the fastest implementation installed here."""
    try:
        from edge_runtime.preprocess import resize_opencv
    except ImportError:
        from edge_runtime.preprocess import resize_numpy

        logger.debug("OpenCV is not installed: frames are resized with numpy, slower with the same answer")
        return "numpy", resize_numpy.resize, resize_numpy.halve
    return "opencv", resize_opencv.resize, resize_opencv.halve


def resample(pixels: Pixels, out: Pixels, resampling: Resampling = "bilinear") -> None:
    """Resamples ``pixels``, uint8 (height, width, 3), into all of ``out``, uint8 (target height, target width, 3)."""
    if resampling == "antialias":
        antialias(pixels, out)
        return
    _, resize, halve = load_resizers()
    while pixels.shape[0] >= 4 * out.shape[0] and pixels.shape[1] >= 4 * out.shape[1]:
        pixels = halve(pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2])
    resize(pixels, out)


def resize_frame(pixels: Pixels, spec: PreprocessSpec, out: Pixels) -> None:
    """Fills ``out``, uint8 (spec.height, spec.width, 3), from a frame by the specification's resize mode."""
    if spec.resize == "squash":
        resample(pixels, out, spec.resampling)
    elif spec.resize == "center-crop":
        resample(_centered(pixels, *_crop_size(pixels.shape[0], pixels.shape[1], spec)), out, spec.resampling)
    else:
        height, width = _fitting_size(pixels.shape[0], pixels.shape[1], spec)
        out[...] = 0
        resample(pixels, _centered(out, height, width), spec.resampling)


def _crop_size(height: int, width: int, spec: PreprocessSpec) -> tuple[int, int]:
    scale = min(height / spec.height, width / spec.width) * spec.crop_fraction
    return min(height, max(1, round(spec.height * scale))), min(width, max(1, round(spec.width * scale)))


def _fitting_size(height: int, width: int, spec: PreprocessSpec) -> tuple[int, int]:
    scale = max(height / spec.height, width / spec.width)
    return min(spec.height, max(1, round(height / scale))), min(spec.width, max(1, round(width / scale)))


def _centered(array: Pixels, height: int, width: int) -> Pixels:
    top, left = (array.shape[0] - height) // 2, (array.shape[1] - width) // 2
    return array[top : top + height, left : left + width]
