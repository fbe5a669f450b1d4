"""Ends this process without waiting for a thread that hangs in a driver.

What such a library does at the end of a process (stop the camera, join its threads) would hang as well, and a service
would stay half dead.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress

_exit_code = 1  # of a process that ends otherwise than by ``exit_with``


def note_exit_code(code: int) -> None:
    """Says how the process ends."""
    global _exit_code
    _exit_code = code


def leave_without_waiting() -> None:
    """From now on the end of this process is immediate: handlers that are registered already are not called."""
    atexit.register(_leave)


def _leave() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, full, or not there
            stream.flush()
    os._exit(_exit_code)
