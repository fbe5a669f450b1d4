"""The frame that is classified in all measurements, so that they can be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.results import Frame
from edge_runtime.sources import open_source

FRAME = "synthetic:640x480:1"


def synthetic_frame() -> NDArray[np.uint8]:
    """The first frame of the source ``FRAME``: uint8 RGB, (480, 640, 3), always the same."""
    return next(item for item in open_source(FRAME) if isinstance(item, Frame)).pixels
