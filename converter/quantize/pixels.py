"""An 8-bit image input takes pixels as they are: its range is that of pixels 0..255, whatever images calibrated it.

Where one scale and zero point stand for the normalisation, the tensor has them. Where channels differ, an operator of
the file normalises. See docs/decisions/0032-bytes-are-pixels.md.
"""

from __future__ import annotations

import math
from dataclasses import replace

from edge_runtime.contracts.preprocessing import PreprocessSpec

_HIGHEST = 255.0


def takes_plain_pixels(spec: PreprocessSpec) -> bool:
    """Whether one scale and zero point stand for the normalisation, so that a byte is a pixel without an operator."""
    return _zero_point(spec) is not None


def plain_pixels(spec: PreprocessSpec) -> PreprocessSpec:
    """The preprocessing that is left where the normalisation is inside."""
    return replace(spec, mean=(0.0,), std=(1.0,))


def by_channel(spec: PreprocessSpec) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel."""
    mean, std = (values * (spec.channels // len(values)) for values in (spec.mean, spec.std))
    return mean, std


def pixel_range(spec: PreprocessSpec) -> tuple[float, float]:
    """What pixels 0 and 255 become: with one normalisation for all channels to the byte, else the widest range."""
    zero_point = _zero_point(spec)
    if zero_point is not None:
        return -zero_point / spec.std[0], (_HIGHEST - zero_point) / spec.std[0]
    ends = [(pixel - mean) / std for pixel in (0.0, _HIGHEST) for mean, std in zip(*by_channel(spec), strict=True)]
    return min(0.0, *ends), max(0.0, *ends)


def _zero_point(spec: PreprocessSpec) -> int | None:
    """The byte, as uint8, that stands for 0; None where there is none for all channels.

    A mean half-way between two pixels takes the lower: the runtime rounds ties up, and then every byte is its pixel.
    """
    if len({*spec.mean}) > 1 or len({*spec.std}) > 1:
        return None
    nearest = math.ceil(spec.mean[0] - 0.5)
    return nearest if 0 <= nearest <= _HIGHEST else None
