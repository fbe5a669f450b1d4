"""What a measurement takes beside time, as Linux tells it: memory of this process, energy of the processor."""

from __future__ import annotations

import re
from pathlib import Path

from edge_runtime.board import read_number


def peak_memory_bytes(status: Path = Path("/proc/self/status")) -> int | None:
    """This process's largest resident set; None where the system does not tell.

    Not ``getrusage``'s ru_maxrss: Linux hands the parent's peak down to a child, so it can be the parent's figure.
    """
    return _bytes_of("VmHWM", status)


def resident_bytes(status: Path = Path("/proc/self/status")) -> int | None:
    """This process's resident set now; None where the system does not tell."""
    return _bytes_of("VmRSS", status)


def energy_uj(root: Path = Path("/")) -> float | None:
    """Microjoules that the processor packages used since their own counters (RAPL) last wrapped around.

    None where there is no counter, or where it may not be read (many systems let only root read it).
    """
    counters = sorted((root / "sys" / "class" / "powercap").glob("intel-rapl:[0-9]/energy_uj"))
    values = [read_number(counter) for counter in counters]
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _bytes_of(key: str, status: Path) -> int | None:
    try:
        found = re.search(rf"^{key}:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
