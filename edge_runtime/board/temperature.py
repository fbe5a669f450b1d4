"""The processor's temperature, as the kernel tells it."""

from __future__ import annotations

import time
from functools import lru_cache

from edge_runtime.board.machine import Machine, read_number

_SECONDS = 2


def read_celsius(machine: Machine) -> float | None:
    """The processor's temperature in degrees Celsius; None where the machine does not tell."""
    millidegrees = read_number(machine.sys_root / "class" / "thermal" / "thermal_zone0" / "temp")
    return None if millidegrees is None else millidegrees / 1000


def processor_celsius() -> float | None:
    """The same of this machine, read at most every two seconds: on a Raspberry Pi the kernel asks the firmware."""
    return _at(int(time.monotonic() / _SECONDS))


@lru_cache(maxsize=1)
def _at(_when: int) -> float | None:
    return read_celsius(Machine())
