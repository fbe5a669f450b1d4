"""Ends this process without waiting for a thread that hangs in a driver.

What such a library does at the end of a process (stop the camera, join its threads) would hang as well, and a service
would stay half dead.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from functools import partial

_exit_code = 1  # of a process that ends otherwise than by ``exit_with``


def note_exit_code(code: int) -> None:
    """Says how the process ends."""
    global _exit_code
    _exit_code = code


def leave_without_waiting(thread: threading.Thread) -> None:
    """Lets the process end at once if ``thread`` still hangs then: what was registered for its end is not called."""
    atexit.register(partial(_leave, thread))


def _leave(thread: threading.Thread) -> None:
    if not thread.is_alive():
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, full, or not there
            stream.flush()
    os._exit(_exit_code)
