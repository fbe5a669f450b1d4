"""SIGHUP: files are opened anew by their names, as logrotate wants it once it has renamed them."""

from __future__ import annotations

import os
import signal

_count = 0


def reopen_on_hangup() -> None:
    """From now on SIGHUP asks for that, unless this process has a terminal: there it says that the terminal is gone."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        signal.signal(signal.SIGHUP, _note)


def hangups() -> int:
    """How often SIGHUP has come."""
    return _count


def _note(_number: int, _frame: object) -> None:
    global _count
    _count += 1
