"""The newest frame and what was found in it, handed from the thread that classifies to those that look."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.decisions import Region
from edge_runtime.errors import ImageError
from edge_runtime.sinks.picture import as_jpeg

MAX_VIEWS_A_SECOND = 20
LONGEST_SIDE = 960
_KEPT_VIEWS = 4  # a viewer asks for the picture a moment after it was told of it
_KEPT_EVENTS = 8
_RATE_FRAMES = 32


@dataclass(slots=True)
class PreviewCounts:
    """What the preview did."""

    pictures_encoded: int = 0
    pictures_sent: int = 0
    connections_ended: int = 0


class View:
    """One frame as viewers see it."""

    def __init__(
        self, number: int, pixels: NDArray[np.uint8] | None, state: dict[str, Any], counts: PreviewCounts
    ) -> None:
        self.number = number
        self.state = state
        self._pixels = pixels
        self._counts = counts
        self._lock = threading.Lock()
        self._jpeg: bytes | None = None

    def jpeg(self) -> bytes | None:
        """The picture, at most LONGEST_SIDE wide and high; encoded when it is first asked for. None: there is none."""
        with self._lock:
            if self._jpeg is None and self._pixels is not None:
                self._jpeg = as_jpeg(self._pixels, LONGEST_SIDE)
                self._pixels = None
                self._counts.pictures_encoded += 1
            return self._jpeg


class Views:
    """The last few views. ``put`` is for one thread, all else for that of the server."""

    def __init__(self, region: Region | None, counts: PreviewCounts) -> None:
        self._region = region
        self._counts = counts
        self._kept: deque[View] = deque(maxlen=_KEPT_VIEWS)
        self._events: deque[dict[str, Any]] = deque(maxlen=_KEPT_EVENTS)
        self._times: deque[float] = deque(maxlen=_RATE_FRAMES)
        self._due = 0.0
        self._number = 0
        self._ended = False
        self._bell = _Bell()

    def put(self, result: FrameResult | FrameFailure, frame: Frame | None) -> None:
        """Makes a view of it, unless the last one is too fresh; never waits."""
        now = time.monotonic()
        self._times.append(now)
        self._events.extend(event.to_json() for event in result.events)
        if now < self._due:
            return
        self._due = now + 1 / MAX_VIEWS_A_SECOND
        self._number += 1
        state = {
            "number": self._number,
            **result.to_json(),
            "events": list(self._events),
            "frames_per_second": self._rate(),
        }
        pixels = None if frame is None else frame.pixels
        if pixels is not None:
            state["region"] = _shares(self._region, pixels)
        self._kept.append(View(self._number, pixels, state, self._counts))
        self._bell.ring()

    def end(self) -> None:
        """Lets those go who wait for something newer."""
        self._ended = True
        self._bell.ring()

    def newest(self) -> View | None:
        """The newest view, if there is one yet."""
        return self._kept[-1] if self._kept else None

    def find(self, number: int | None) -> View | None:
        """The view of this number, if it is still kept."""
        return next((view for view in list(self._kept) if view.number == number), None)

    async def newer_than(self, number: int, seconds: float) -> View | None:
        """The newest view once it has a higher number; whatever there is when ``seconds`` are over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with self._bell.listening() as rung:
                view = self.newest()
                if self._ended or (view is not None and view.number > number):
                    return view
                await asyncio.wait([rung], timeout=left)
        return self.newest()

    def _rate(self) -> float | None:
        elapsed = self._times[-1] - self._times[0]
        return round((len(self._times) - 1) / elapsed, 1) if elapsed > 0 else None


class _Bell:
    """Wakes coroutines of one event loop from another thread."""

    def __init__(self) -> None:
        self._listening: set[asyncio.Future[None]] = set()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Future[None]]:
        """A future that is done at the next ring."""
        future = asyncio.get_running_loop().create_future()
        self._listening.add(future)
        try:
            yield future
        finally:
            self._listening.discard(future)

    def ring(self) -> None:
        """For any thread."""
        for future in self._listening.copy():
            with suppress(RuntimeError):  # the server has ended
                future.get_loop().call_soon_threadsafe(_finish, future)


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _shares(region: Region | None, pixels: NDArray[np.uint8]) -> list[float] | None:
    """Left, top, width and height of the region as shares of the frame."""
    height, width = pixels.shape[:2]
    try:
        box = None if region is None else region.box(height, width)
    except ImageError:
        return None
    if box is None:
        return None
    left, top, right, bottom = box
    return [left / width, top / height, (right - left) / width, (bottom - top) / height]
