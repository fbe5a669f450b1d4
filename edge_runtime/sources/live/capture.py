"""LiveCapture: frames that come by themselves, from a camera or the network, for as long as it takes.

Capturing runs in a thread of its own, so a slow model never blocks a camera. A watchdog of our own replaces a
connection that gives no frame for a while, also when the library underneath blocks and its time-outs do not work; a
lost connection is made anew after a pause that grows and varies.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.command import logger
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.results import Frame, FrameFailure
from edge_runtime.errors import ImageError, SourceError
from edge_runtime.sources.counts import FrameCounts

Policy = Literal["latest", "every"]
POLICIES: tuple[str, ...] = get_args(Policy)

_BACKLOG = 64  # frames that "every" keeps; then capturing waits
_RELEASE_SECONDS = 2.0  # how long closing waits for a camera to be freed


class EndOfStream(Exception):  # noqa: N818 - what read says at the end
    """Raised by a connection's ``read``: the source has come to its end for good, and is not connected to again.

    With a text it ends the run as an error.
    """


class Connection(Protocol):
    """One connection to a live source, used by one thread; built quickly, without connecting yet."""

    def open(self) -> None:
        """Connects; raises SourceError where that fails."""

    def read(self) -> NDArray[np.uint8]:
        """Waits for the next frame, uint8 RGB (height, width, 3).

        Raises:
            ImageError: this frame is damaged; the next one may be whole.
            SourceError: the connection is lost.
            EndOfStream: there is no more to come, ever.
        """

    def close(self) -> None:
        """Frees the connection; called by the thread that read."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a live source is captured.

    Attributes:
        policy: "latest" hands out the newest frame and drops the others; "every" hands out all, and capturing waits.
            None takes "latest", on stdin "every".
        open_seconds: how long a connection may take until its first frame.
        stall_seconds: without a further frame for so long, the connection is replaced.
        first_pause: seconds before the first new attempt; each further one doubles, up to ``longest_pause``.

    Raises:
        ContractError: a value is impossible.
    """

    policy: Policy | None = None
    open_seconds: float = 15.0
    stall_seconds: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 30.0

    def __post_init__(self) -> None:
        if self.policy not in (None, *POLICIES):
            raise ContractError(f"policy {self.policy!r} is not one of {', '.join(POLICIES)}")
        for name in ("open_seconds", "stall_seconds", "first_pause"):
            if not getattr(self, name) > 0:
                raise ContractError(f"{name} {getattr(self, name)} is not above 0")
        if self.longest_pause < self.first_pause:
            raise ContractError(f"longest_pause {self.longest_pause} is less than first_pause {self.first_pause}")


class LiveCapture:
    """A source of frames that reconnects for ever; only a first connection that fails ends it.

    A frame's number counts captured frames, so a gap shows how many were dropped.
    """

    def __init__(self, address: str, connect: Callable[[], Connection], settings: LiveSettings) -> None:
        self.address = address
        self.counts = FrameCounts()
        self._connect = connect
        self._settings = settings
        self._mailbox = _Mailbox(settings.policy or "latest", self.counts)
        self._closed = threading.Event()
        self._worker: _Worker | None = None

    def __iter__(self) -> Iterator[Frame | FrameFailure]:
        attempt = 0
        while not self._closed.is_set():
            worker = self._worker = _Worker(self.address, self._connect(), self._mailbox)
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

    def _frames(self) -> Iterator[Frame | FrameFailure]:
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


class _Mailbox:
    """Where a worker leaves frames and the consumer takes them. A worker it does not belong to is turned away."""

    def __init__(self, policy: Policy, counts: FrameCounts) -> None:
        self._policy = policy
        self._counts = counts
        self._condition = threading.Condition()
        self._items: deque[Frame | FrameFailure] = deque()
        self._owner: _Worker | None = None

    def belongs_to(self, worker: _Worker | None) -> None:
        """Makes ``worker`` the one whose frames are taken; the others end at their next frame."""
        with self._condition:
            self._owner = worker
            self._condition.notify_all()

    def put(self, worker: _Worker, make: Callable[[int], Frame | FrameFailure]) -> bool:
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

    def finish(self, worker: _Worker) -> None:
        """Says that ``worker`` has lost its connection."""
        with self._condition:
            if self._owner is worker:
                self._owner = None
                self._condition.notify_all()

    def take(self, seconds: float) -> Frame | FrameFailure | None:
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


class _Worker(threading.Thread):
    """Opens one connection and reads it until it is lost or has been replaced.

    A daemon, since a library may block in ``read`` for as long as it likes; it ends when that returns.
    """

    def __init__(self, address: str, connection: Connection, mailbox: _Mailbox) -> None:
        super().__init__(name=f"capture {address}", daemon=True)
        self.reason = ""
        self.at_end = False
        self._address = address
        self._connection = connection
        self._mailbox = mailbox

    def run(self) -> None:
        """Reads until there is a reason not to."""
        try:
            self._connection.open()
            while self._read_one():
                pass
        except EndOfStream as end:
            self.at_end, self.reason = True, str(end)
        except SourceError as error:
            self.reason = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, the consumer must learn that it ended
            self.reason = f"{self._address}: {type(error).__name__}: {error}"
        finally:
            try:
                self._connection.close()
            except Exception as error:  # noqa: BLE001 - whatever a driver raises, the consumer must learn the end
                logger.debug("%s: closing failed: %s", self._address, error)
            finally:
                self._mailbox.finish(self)

    def _read_one(self) -> bool:
        start = time.perf_counter_ns()
        try:
            pixels = self._connection.read()
        except ImageError as error:
            message = str(error)
            return self._mailbox.put(self, lambda index: FrameFailure(self._address, index, message))
        captured_ns, capture_ns = time.time_ns(), time.perf_counter_ns() - start
        return self._mailbox.put(self, lambda index: Frame(pixels, self._address, index, captured_ns, capture_ns))
