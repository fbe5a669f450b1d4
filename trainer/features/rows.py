"""FeatureRows: the features of images, in memory or mapped from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK_BYTES = 16 << 20

Rows = NDArray[np.float32]
"""float32 (images, features)."""


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """Features of images, wherever they lie: ``rows[indices]`` gives float32 (indices, features).

    Attributes:
        parts: arrays of rows, in memory or mapped from files.
        part, row: for each image which of the parts, and which row of it.
    """

    parts: tuple[Rows, ...]
    part: NDArray[np.int64]
    row: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def width(self) -> int:
        """How many features an image has."""
        return self.parts[0].shape[1]

    def __getitem__(self, indices: NDArray[np.int64] | Sequence[int]) -> Rows:
        part, row = self.part[indices], self.row[indices]
        out = np.empty((len(row), self.width), np.float32)
        for number in np.unique(part):
            chosen = part == number
            out[chosen] = self.parts[number][row[chosen]]
        return out

    def subset(self, indices: Sequence[int]) -> FeatureRows:
        """The rows at ``indices``, in that order; nothing is copied."""
        return FeatureRows(self.parts, self.part[indices], self.row[indices])

    def blocks(self) -> Iterator[Rows]:
        """All rows in order, some at a time."""
        largest = max(1, _BLOCK_BYTES // (4 * self.width))
        for start in range(0, len(self), largest):
            yield self[np.arange(start, min(start + largest, len(self)))]
