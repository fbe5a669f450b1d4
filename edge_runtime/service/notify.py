"""Tells systemd how this service is doing: ready, alive, stopping (sd_notify).

The protocol is a datagram to the socket that ``NOTIFY_SOCKET`` names; see sd_notify(3). Without that variable nothing
is sent.
"""

from __future__ import annotations

import os
import socket
import threading
from types import TracebackType

from edge_runtime.console.command import logger
from edge_runtime.sources import FrameCounts, Liveness, Patience

_READY_POLL_SECONDS = 0.2
_US_PER_S = 1_000_000


class ServiceManager:
    """Where messages go; False is the answer where there is none, or it does not listen.

    Its socket is there from the start: a process that has no descriptor left still gives signs of life.
    """

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # "@": in the abstract namespace
        self._socket = None
        if address.startswith(("/", "@")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def notify(self, message: str) -> bool:
        """Sends ``message``."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError as error:
            logger.debug("systemd does not listen: %s", error)
            return False
        return True

    def close(self) -> None:
        """Sends no more."""
        if self._socket is not None:
            self._socket.close()


def watchdog_seconds() -> float | None:
    """How often systemd wants a sign of life at the least; None where it does not."""
    microseconds, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (process and process != str(os.getpid())):
        return None
    return int(microseconds) / _US_PER_S or None


class Heartbeat:
    """Says READY with the first result, gives signs of life while results come, and says STOPPING at the end.

    A run is alive while it gets on, as ``Liveness`` has it: waiting for a camera is no fault of this process for as
    long as the camera may be silent; an interpreter or a sink that hangs is.
    """

    def __init__(self, counts: FrameCounts, patience: Patience) -> None:
        """Prepares.

        Args:
            counts: of the run.
            patience: with it.
        """
        self._counts = counts
        self._patience = patience
        self._watchdog = watchdog_seconds()
        self._manager = ServiceManager()
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
        self._manager.notify("STOPPING=1")
        self._manager.close()

    def _beat(self) -> None:
        while not self._counts.done:
            if self._stopped.wait(_READY_POLL_SECONDS):
                return
        self._manager.notify(f"READY=1\nSTATUS={self._counts.describe()}")
        if self._watchdog is None:
            return
        liveness, before = Liveness(self._counts, self._patience), ""
        while not self._stopped.wait(self._watchdog / 3):
            trouble = liveness.look()
            if trouble and not before:
                logger.error("%s; no more signs of life: systemd starts the service anew", trouble)
            if not trouble:
                self._manager.notify(f"WATCHDOG=1\nSTATUS={self._counts.describe()}")
            before = trouble
