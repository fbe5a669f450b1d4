"""Mailbox: frames from the thread that captures to the one that takes them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from edge_runtime.contracts.results import Frame
from edge_runtime.sources.base import Item
from edge_runtime.sources.counts import FrameCounts
from edge_runtime.sources.live.settings import Policy

_BACKLOG = 64  # frames that "every" keeps; then capturing waits


class Mailbox:
    """Where a worker leaves frames and the consumer takes them. A worker it does not belong to is turned away."""

    def __init__(self, policy: Policy, counts: FrameCounts) -> None:
        self._policy = policy
        self._counts = counts
        self._condition = threading.Condition()
        self._items: deque[Item] = deque()
        self._owner: object | None = None

    def belongs_to(self, worker: object | None) -> None:
        """Makes ``worker`` the one whose frames are taken; the others end at their next frame."""
        with self._condition:
            self._owner = worker
            self._condition.notify_all()

    def put(self, worker: object, make: Callable[[int], Item]) -> bool:
        """Leaves the item that ``make`` builds from its number; False where the worker has been replaced."""
        with self._condition:
            while self._policy == "every" and len(self._items) >= _BACKLOG and self._owner is worker:
                self._condition.wait()
            if self._owner is not worker:
                return False
            item = make(self._counts.produced)
            self._counts.produced += 1
            if self._policy == "latest":
                self._drop_waiting_frame()
            self._items.append(item)
            self._condition.notify_all()
            return True

    def finish(self, worker: object) -> None:
        """Says that ``worker`` has lost its connection."""
        with self._condition:
            if self._owner is worker:
                self._owner = None
                self._condition.notify_all()

    def take(self, seconds: float) -> Item | None:
        """The next item, waiting for it up to ``seconds``; None where none came or the worker has ended."""
        with self._condition:
            self._condition.wait_for(lambda: self._items or self._owner is None, seconds)
            if not self._items:
                return None
            item = self._items.popleft()
            self._condition.notify_all()
            return item

    def _drop_waiting_frame(self) -> None:
        for waiting in list(self._items):
            if isinstance(waiting, Frame):
                self._items.remove(waiting)
                self._counts.dropped += 1
