"""Tells systemd how this service is doing: ready, alive, stopping (sd_notify).

The protocol is a datagram to the socket that ``NOTIFY_SOCKET`` names; see sd_notify(3). Without that variable nothing
is sent.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from types import TracebackType

from edge_runtime.console.command import logger
from edge_runtime.sources import FrameCounts

HANGS_AFTER_SECONDS = 20.0
"""A frame that takes longer than this, the pauses of ``--max-fps`` apart, will take for ever."""
_READY_POLL_SECONDS = 0.2
_US_PER_S = 1_000_000


def notify(message: str) -> bool:
    """Sends ``message`` to the service manager; False where there is none, or it does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # a name in the abstract namespace
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as messenger:
            messenger.sendto(message.encode(), address)
    except OSError as error:
        logger.debug("systemd does not listen: %s", error)
        return False
    return True


def watchdog_seconds() -> float | None:
    """How often systemd wants a sign of life at the least; None where it does not."""
    microseconds, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (process and process != str(os.getpid())):
        return None
    return int(microseconds) / _US_PER_S or None


class Heartbeat:
    """Says READY with the first result, gives signs of life while results come, and says STOPPING at the end.

    A run is alive unless a frame is under way and nothing has become of any for longer than ``patience``: waiting for a
    camera is no fault of this process, an interpreter or a sink that hangs is.
    """

    def __init__(self, counts: FrameCounts, patience: float) -> None:
        """Prepares.

        Args:
            counts: of the run.
            patience: seconds.
        """
        self._counts = counts
        self._patience = patience
        self._watchdog = watchdog_seconds()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        notify("STOPPING=1")

    def _beat(self) -> None:
        while not self._done():
            if self._stopped.wait(_READY_POLL_SECONDS):
                return
        notify(f"READY=1\nSTATUS={self._counts.describe()}")
        if self._watchdog is None:
            return
        done, since = self._done(), time.monotonic()
        while not self._stopped.wait(self._watchdog / 3):
            now = time.monotonic()
            if self._done() != done or not self._counts.under_way:
                done, since = self._done(), now
            if now - since <= self._patience:
                notify(f"WATCHDOG=1\nSTATUS={self._counts.describe()}")

    def _done(self) -> int:
        return self._counts.delivered + self._counts.failed
