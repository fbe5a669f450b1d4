"""Mailbox: frames from the thread that captures to the one that takes them."""

from __future__ import annotations

import threading
import time
from collections import deque

from edge_runtime.sources.base import Item
from edge_runtime.sources.counts import FrameCounts
from edge_runtime.sources.live.captured import Captured
from edge_runtime.sources.live.settings import Policy

_BACKLOG = 64  # pictures that "every" keeps; then capturing waits
_BACKLOG_BYTES = 64 << 20
_NS_PER_S = 1_000_000_000


class Mailbox:
    """Where a worker leaves pictures and the consumer takes frames. A worker it does not belong to is turned away."""

    def __init__(self, address: str, policy: Policy, counts: FrameCounts) -> None:
        self._address = address
        self._policy = policy
        self._counts = counts
        self._condition = threading.Condition()
        self._waiting: deque[tuple[int, Captured]] = deque()
        self._owner: object | None = None

    def belongs_to(self, worker: object | None) -> None:
        """Makes ``worker`` the one whose pictures are taken; the others end at their next one."""
        with self._condition:
            self._owner = worker
            self._condition.notify_all()

    def put(self, worker: object, captured: Captured) -> bool:
        """Leaves a picture; False where the worker has been replaced."""
        with self._condition:
            while self._policy == "every" and self._is_full(captured) and self._owner is worker:
                self._condition.wait()
            if self._owner is not worker:
                return False
            self._counts.dropped += captured.skipped
            self._counts.produced += captured.skipped
            if self._policy == "latest":
                self._drop_waiting()
            self._waiting.append((self._counts.produced, captured))
            self._counts.produced += 1
            self._condition.notify_all()
            return True

    def finish(self, worker: object) -> None:
        """Says that ``worker`` has lost its connection."""
        with self._condition:
            if self._owner is worker:
                self._owner = None
                self._condition.notify_all()

    def take(self, seconds: float) -> Item | None:
        """The next item, waiting for it up to ``seconds``; None where none came or the worker has ended.

        With "latest", a picture that has waited longer than ``seconds`` is what a lost connection left behind: nobody
        may take it for the newest.
        """
        with self._condition:
            if self._policy == "latest" and self._waiting:
                waited_ns = time.monotonic_ns() - self._waiting[-1][1].monotonic_ns
                if waited_ns > seconds * _NS_PER_S:
                    self._drop_waiting()
            self._condition.wait_for(lambda: self._waiting or self._owner is None, seconds)
            if not self._waiting:
                return None
            index, captured = self._waiting.popleft()
            self._condition.notify_all()
        return captured.item(self._address, index)

    def _is_full(self, captured: Captured) -> bool:
        if not self._waiting:
            return False
        held = sum(waiting.nbytes for _, waiting in self._waiting)
        return len(self._waiting) >= _BACKLOG or held + captured.nbytes > _BACKLOG_BYTES

    def _drop_waiting(self) -> None:
        self._counts.dropped += len(self._waiting)
        self._waiting.clear()
