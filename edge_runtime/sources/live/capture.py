"""LiveCapture: frames that come by themselves, from a camera or the network, for as long as it takes.

Capturing runs in a thread of its own, so a slow model never blocks a camera. A watchdog of our own replaces a
connection that gives no frame for a while, also when the library underneath blocks and its time-outs do not work; a
lost connection is made anew after a pause that grows and varies.

A device that one connection at a time can have is another matter: a thread that hangs in its driver keeps it. Only the
end of the process frees it then, so the source gives up with a clear last word, and the service manager starts anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from edge_runtime.board import wall_clock_is_synced
from edge_runtime.console.command import logger
from edge_runtime.console.leaving import leave_without_waiting
from edge_runtime.contracts.results import SourceChange
from edge_runtime.errors import DeviceHeldError, SourceError
from edge_runtime.sources.base import Connection, Item, LiveSource, Recovery
from edge_runtime.sources.live.mailbox import Mailbox
from edge_runtime.sources.live.settings import LiveSettings
from edge_runtime.sources.live.worker import Worker

_CLOSE_SECONDS = 1.5  # how long closing waits for a camera to be freed
_FREE_SECONDS = 3.0  # and how long the next connection does
_ANEW = "only a new process can free it; systemd starts a service anew by itself"


class LiveCapture(LiveSource):
    """A source of frames that reconnects for ever, unless its device is held; a first connection that fails ends it.

    A frame's number counts captured frames, so a gap shows how many were dropped.
    """

    def __init__(
        self,
        address: str,
        connect: Callable[[], Connection],
        settings: LiveSettings,
        recovery: Recovery = Recovery(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__()
        self.address = address
        self.stall_seconds = settings.stall_seconds
        self._connect = connect
        self._settings = settings
        self._recovery = recovery
        self._mailbox = Mailbox(address, settings.policy or "latest", self.counts)
        self._closed = threading.Event()
        self._worker: Worker | None = None
        self._is_lost = False

    def __iter__(self) -> Iterator[Item]:
        attempt = 0
        while not self._closed.is_set():
            worker = self._worker = Worker(self.address, self._connect(), self._mailbox)
            self._mailbox.belongs_to(worker)
            worker.start()
            for item in self._frames():
                attempt = 0
                self._tell_back()
                yield item
            if self._closed.is_set() or (worker.at_end and not worker.reason):
                return
            reason = self._why_lost(worker)
            if worker.at_end or self.counts.produced == 0:
                raise SourceError(reason)
            if self._recovery.attempts is not None and attempt >= self._recovery.attempts:
                raise DeviceHeldError(f"{reason}; not to be had again in {attempt} attempts: {_ANEW}")
            self._tell_lost(reason)
            self._pause(attempt, reason)
            attempt += 1

    def close(self) -> None:
        """Stops capturing."""
        if not self._closed.is_set():
            self._closed.set()
            self._mailbox.belongs_to(None)
            if self._worker is not None:
                self._ends(self._worker, _CLOSE_SECONDS)

    def _why_lost(self, worker: Worker) -> str:
        """The reason, once the worker has freed what the next one needs.

        Raises:
            DeviceHeldError: it does not.
        """
        stalled = f"{self.address}: no frame for too long"
        if self._recovery.holds_device and not self._ends(worker, _FREE_SECONDS):
            self._worker = None  # closing need not wait for it once more
            self._tell_lost(stalled)
            raise DeviceHeldError(f"{stalled}, and the driver does not answer; it holds the device: {_ANEW}")
        return worker.reason or stalled

    def _ends(self, worker: Worker, seconds: float) -> bool:
        worker.join(seconds)
        if worker.is_alive() and self._recovery.holds_device:
            leave_without_waiting(worker)
        return not worker.is_alive()

    def _frames(self) -> Iterator[Item]:
        """What the present worker captures, until it ends or stalls."""
        item = self._mailbox.take(self._settings.open_seconds)
        while item is not None and not self._closed.is_set():
            yield item
            item = self._mailbox.take(self._settings.stall_seconds)
        self._mailbox.belongs_to(None)

    def _tell_lost(self, reason: str) -> None:
        if not self._is_lost:
            self._is_lost = True
            self.tell(SourceChange("source_lost", self.address, time.time_ns(), reason, wall_clock_is_synced()))

    def _tell_back(self) -> None:
        if self._is_lost:
            self._is_lost = False
            self.tell(SourceChange("source_back", self.address, time.time_ns(), "", wall_clock_is_synced()))

    def _pause(self, attempt: int, reason: str) -> None:
        import random  # here: a run that reads files never pauses

        longest = min(self._settings.longest_pause, self._settings.first_pause * 2 ** min(attempt, 30))
        pause = longest * random.uniform(0.5, 1.0)  # noqa: S311 - many devices must not return at the same moment
        logger.warning("%s; connecting again in %.1f s", reason, pause)
        self.counts.reconnects += 1
        self._closed.wait(pause)
