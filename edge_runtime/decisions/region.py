"""The part of a frame that is looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.errors import ContractError
from edge_runtime.errors import ImageError

REGION_FORM = "x,y,width,height in pixels, or as shares of the frame: 0.25,0,0.5,1"


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle within a frame, from its upper left corner.

    Where no number is above 1 they are shares of the frame's width and height, else whole pixels.

    Raises:
        ContractError: the numbers make no rectangle inside a frame.
    """

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        numbers = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(number) and number >= 0 for number in numbers) or not (self.width and self.height):
            raise ContractError(f"region {self}: expected {REGION_FORM}")
        if self.in_shares and (self.x + self.width > 1 or self.y + self.height > 1):
            raise ContractError(f"region {self} reaches beyond the frame: x + width and y + height are at most 1")
        if not self.in_shares and any(number != int(number) for number in numbers):
            raise ContractError(f"region {self}: pixels are whole numbers, shares are not above 1")

    def __str__(self) -> str:
        return ",".join(f"{number:g}" for number in (self.x, self.y, self.width, self.height))

    @property
    def in_shares(self) -> bool:
        """Whether the numbers are shares of the frame and not pixels."""
        return max(self.x, self.y, self.width, self.height) <= 1

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom (both exclusive) in pixels of a frame of this size; at least one pixel.

        Raises:
            ImageError: the region reaches beyond the frame.
        """
        across, down = (width, height) if self.in_shares else (1, 1)
        left, top = min(round(self.x * across), width - 1), min(round(self.y * down), height - 1)
        right = max(left + 1, round((self.x + self.width) * across))
        bottom = max(top + 1, round((self.y + self.height) * down))
        if right > width or bottom > height or self._starts_outside(height, width):
            raise ImageError(f"region {self} reaches beyond the frame of {width}x{height} pixels")
        return left, top, right, bottom

    def crop(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The region of a frame, (height, width, 3); a view, no copy.

        Raises:
            ImageError: it reaches beyond the frame.
        """
        left, top, right, bottom = self.box(*pixels.shape[:2])
        return pixels[top:bottom, left:right]

    def _starts_outside(self, height: int, width: int) -> bool:
        return not self.in_shares and (self.x >= width or self.y >= height)


def parse_region(text: str) -> Region:
    """The region that ``x,y,width,height`` names.

    Raises:
        ContractError: the text is no such thing.
    """
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ContractError(f"region {text!r}: expected {REGION_FORM}") from error
    return Region(x, y, width, height)
