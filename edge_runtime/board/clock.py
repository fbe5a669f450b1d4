"""Whether the wall clock was set by a time server since the machine was started: many boards have no battery."""

from __future__ import annotations

import ctypes
from pathlib import Path

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # more than the structure has on any machine; zeros ask and change nothing
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


def wall_clock_is_synced() -> bool:
    """What the kernel says of it, where that may be asked, and True where nobody knows."""
    return _kernel_state() != _TIME_ERROR or _SYNCHRONISED.exists()


def _kernel_state() -> int:
    """What adjtimex(2) answers; -1 where it may not be asked."""
    try:
        ask = _libc.adjtimex
    except AttributeError:
        return -1
    return int(ask(ctypes.create_string_buffer(_TIMEX_BYTES)))


_libc = ctypes.CDLL(None)
