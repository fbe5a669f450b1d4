"""Made-up frames, for trying sinks and measuring without a camera: the same ones every time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import numpy as np

from edge_runtime.contracts.results import Frame
from edge_runtime.errors import SourceError

_DISTINCT = 16
_MAX_SIDE = 8192


class SyntheticSource:
    """Yields COUNT frames (100 by default) of WIDTHxHEIGHT (640x480): a gradient that moves over noise."""

    def __init__(self, text: str) -> None:
        match = re.fullmatch(r"(?:(\d{1,4})x(\d{1,4}))?(?::(\d{1,9}))?", text)
        width, height, count = (int(part) if part else None for part in match.groups()) if match else (0, 0, 0)
        self._width, self._height = (640, 480) if width is None or height is None else (width, height)
        self._count = 100 if count is None else count
        if not (1 <= self._width <= _MAX_SIDE and 1 <= self._height <= _MAX_SIDE and self._count):
            raise SourceError(
                f"synthetic:{text}: expected synthetic:WIDTHxHEIGHT:COUNT, for example synthetic:640x480:100"
            )

    def __iter__(self) -> Iterator[Frame]:
        pictures = _pictures(self._height, self._width)
        for index in range(self._count):
            start = time.perf_counter_ns()
            pixels = pictures[index % _DISTINCT]
            yield Frame(pixels, "synthetic:", index, time.time_ns(), time.perf_counter_ns() - start)

    def close(self) -> None:
        """Holds nothing open."""


def _pictures(height: int, width: int) -> list[np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]]:
    noise = np.random.default_rng(0).integers(0, 64, (height, width, 3), np.uint8)
    ramp = np.linspace(0, 191, width, dtype=np.uint8)[None, :, None]
    return [noise + np.roll(ramp, number * width // _DISTINCT, axis=1) for number in range(_DISTINCT)]
