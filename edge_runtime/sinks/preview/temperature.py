"""The processor's temperature, read at most every two seconds: on a Raspberry Pi the firmware must be asked."""

from __future__ import annotations

import time
from functools import lru_cache

from edge_runtime.doctor.hardware import read_celsius
from edge_runtime.doctor.machine import Machine

_SECONDS = 2


def processor_celsius() -> float | None:
    """In degrees Celsius; None where the machine does not tell."""
    return _at(int(time.monotonic() / _SECONDS))


@lru_cache(maxsize=1)
def _at(_when: int) -> float | None:
    return read_celsius(Machine())
