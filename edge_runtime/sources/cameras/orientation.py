"""How a camera is mounted: pictures are turned clockwise, then mirrored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.sources.options import choice_option, switch_option

ORIENTATION_OPTIONS = (choice_option("rotate", "0", "90", "180", "270"), switch_option("hflip"), switch_option("vflip"))


@dataclass(frozen=True, slots=True)
class Orientation:
    """What is done to each picture.

    Attributes:
        rotate: clockwise, in degrees: 0, 90, 180 or 270.
        hflip, vflip: whether it is then mirrored left to right, and top to bottom.
    """

    rotate: int = 0
    hflip: bool = False
    vflip: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Orientation:
        """What the values of ORIENTATION_OPTIONS ask for."""
        return cls(int(options.get("rotate", 0)), options.get("hflip", False), options.get("vflip", False))

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as it should be; itself where nothing is to be done, else a copy."""
        turned = np.rot90(pixels, -self.rotate // 90)
        turned = turned[:: -1 if self.vflip else 1, :: -1 if self.hflip else 1]
        return np.ascontiguousarray(turned)
