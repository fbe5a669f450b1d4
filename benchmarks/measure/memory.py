"""Memory of this process, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory_bytes(status: Path = Path("/proc/self/status")) -> int | None:
    """This process's largest resident set; None where the system does not tell.

    Not ``getrusage``'s ru_maxrss: Linux hands the parent's peak down to a child, so it can be the parent's figure.
    """
    return _bytes_of("VmHWM", status)


def resident_bytes(status: Path = Path("/proc/self/status")) -> int | None:
    """This process's resident set now; None where the system does not tell."""
    return _bytes_of("VmRSS", status)


def _bytes_of(key: str, status: Path) -> int | None:
    try:
        found = re.search(rf"^{key}:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
