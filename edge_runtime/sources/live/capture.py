"""LiveCapture: frames that come by themselves, from a camera or the network, for as long as it takes.

Capturing runs in a thread of its own, so a slow model never blocks a camera. A watchdog of our own replaces a
connection that gives no frame for a while, also when the library underneath blocks and its time-outs do not work; a
lost connection is made anew after a pause that grows and varies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from edge_runtime.console.command import logger
from edge_runtime.errors import SourceError
from edge_runtime.sources.base import Connection, Item, LiveSource
from edge_runtime.sources.live.mailbox import Mailbox
from edge_runtime.sources.live.settings import LiveSettings
from edge_runtime.sources.live.worker import Worker

_RELEASE_SECONDS = 2.0  # how long closing waits for a camera to be freed


class LiveCapture(LiveSource):
    """A source of frames that reconnects for ever; only a first connection that fails ends it.

    A frame's number counts captured frames, so a gap shows how many were dropped.
    """

    def __init__(self, address: str, connect: Callable[[], Connection], settings: LiveSettings) -> None:
        super().__init__()
        self.address = address
        self._connect = connect
        self._settings = settings
        self._mailbox = Mailbox(settings.policy or "latest", self.counts)
        self._closed = threading.Event()
        self._worker: Worker | None = None

    def __iter__(self) -> Iterator[Item]:
        attempt = 0
        while not self._closed.is_set():
            worker = self._worker = Worker(self.address, self._connect(), self._mailbox)
            self._mailbox.belongs_to(worker)
            worker.start()
            for item in self._frames():
                attempt = 0
                yield item
            if self._closed.is_set():
                return
            reason = worker.reason or f"{self.address}: no frame for too long"
            if worker.at_end and not worker.reason:
                return
            if worker.at_end or self.counts.produced == 0:
                raise SourceError(reason)
            self._pause(attempt, reason)
            attempt += 1

    def close(self) -> None:
        """Stops capturing."""
        if not self._closed.is_set():
            self._closed.set()
            self._mailbox.belongs_to(None)
            if self._worker is not None:
                self._worker.join(_RELEASE_SECONDS)

    def _frames(self) -> Iterator[Item]:
        """What the present worker captures, until it ends or stalls."""
        item = self._mailbox.take(self._settings.open_seconds)
        while item is not None and not self._closed.is_set():
            yield item
            item = self._mailbox.take(self._settings.stall_seconds)
        self._mailbox.belongs_to(None)

    def _pause(self, attempt: int, reason: str) -> None:
        import random  # here: a run that reads files never pauses

        longest = min(self._settings.longest_pause, self._settings.first_pause * 2 ** min(attempt, 30))
        pause = longest * random.uniform(0.5, 1.0)  # noqa: S311 - many devices must not return at the same moment
        logger.warning("%s; connecting again in %.1f s", reason, pause)
        self.counts.reconnects += 1
        self._closed.wait(pause)
