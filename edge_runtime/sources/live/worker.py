"""Worker: the thread that reads one connection."""

from __future__ import annotations

import threading
import time

import numpy as np
from numpy.typing import NDArray

from edge_runtime.board import wall_clock_is_synced
from edge_runtime.console.command import logger
from edge_runtime.errors import ImageError, SourceError
from edge_runtime.sources.base import Connection, EndOfStream, Picture
from edge_runtime.sources.live.captured import Captured
from edge_runtime.sources.live.mailbox import Mailbox


class Worker(threading.Thread):
    """Opens one connection and reads it until it is lost or has been replaced.

    A daemon, since a library may block in ``read`` for as long as it likes; it ends when that returns.
    """

    def __init__(self, address: str, connection: Connection, mailbox: Mailbox) -> None:
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
        picture: NDArray[np.uint8] | Picture | str
        try:
            picture = self._connection.read()
        except ImageError as error:
            picture = str(error)
        read_ns = time.perf_counter_ns() - start
        said_ns = picture.captured_ns if isinstance(picture, Picture) else None
        captured_ns = time.time_ns() if said_ns is None else said_ns
        is_synced = wall_clock_is_synced()
        return self._mailbox.put(self, Captured(picture, read_ns, captured_ns, time.monotonic_ns(), is_synced))
