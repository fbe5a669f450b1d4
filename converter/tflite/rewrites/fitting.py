"""The inner scales of a replaced HARD_SWISH: those with which the fewest numbers differ from what it gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converter.tflite.rewrites.scales import Scale

_WIDER = np.linspace(1.0, 1.3, 61)
"""What is tried: the narrowest range that holds the sum, and wider ones."""


def top_of_sum(source: Scale, result: Scale) -> float:
    """The largest value for which relu6(x + 3) gets steps, given the scales of HARD_SWISH's input and output.

    Numbers about 0 count most, as networks have them most. This is computed in float; what the kernels give is proven
    afterwards.
    """
    x = (source.numbers.astype(np.float64) - source.zero_point) * source.scale
    exact = np.rint(x * np.clip(x + 3, 0, 6) / 6 / result.scale)
    weights = np.exp(-0.5 * (3 * x / np.abs(x).max()) ** 2)
    tops = min(6.0, source.top + 3) * _WIDER
    off = [float(weights @ np.abs(np.rint(_with_steps(x, top) / result.scale) - exact)) for top in tops]
    return float(tops[int(np.argmin(off))])


def _with_steps(x: NDArray[np.float64], top: float) -> NDArray[np.float64]:
    """HARD_SWISH with relu6(x + 3) rounded to 255 steps of ``top``."""
    step = top / 255
    total = np.minimum(np.clip(np.rint((x + 3) / step), 0, 255), np.rint(6 / step))
    result: NDArray[np.float64] = x * total * step / 6
    return result
