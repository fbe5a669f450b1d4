"""Captured: what a worker leaves in the mailbox; a frame is made of it when one is asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.results import Frame, FrameFailure
from edge_runtime.errors import ImageError
from edge_runtime.sources.base import Item, Picture


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """One picture, or why there is none, and when it came.

    Attributes:
        picture: its pixels, what decodes into them, or the reason for a failed frame.
        read_ns: how long reading took.
        captured_ns: when its last byte was there, on the wall clock, or when the camera says that it took it.
        monotonic_ns: when its last byte was there, on the clock that does not jump.
        clock_synced: whether a time server has set the wall clock.
    """

    picture: NDArray[np.uint8] | Picture | str
    read_ns: int
    captured_ns: int
    monotonic_ns: int
    clock_synced: bool = True

    @property
    def skipped(self) -> int:
        """Pictures before this one that the connection has passed over."""
        return self.picture.skipped if isinstance(self.picture, Picture) else 0

    @property
    def nbytes(self) -> int:
        """The memory that it takes while it waits."""
        if isinstance(self.picture, str):
            return 0
        return self.picture.nbytes

    def item(self, source: str, index: int) -> Item:
        """The frame, decoded now, or the failed one."""
        if isinstance(self.picture, str):
            return FrameFailure(source, index, self.picture)
        start = time.perf_counter_ns()
        try:
            pixels = self.picture.decode() if isinstance(self.picture, Picture) else self.picture
        except ImageError as error:
            return FrameFailure(source, index, str(error))
        capture_ns = self.read_ns + time.perf_counter_ns() - start
        return Frame(pixels, source, index, self.captured_ns, capture_ns, self.monotonic_ns, self.clock_synced)
