"""Which processor a conversion runs on: what is fast there may be slow elsewhere, so the report names it."""

from __future__ import annotations

import platform
import re
from functools import lru_cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


@lru_cache(maxsize=1)
def processor_name() -> str:
    """The processor's name as it says it, with the kind of machine: "AMD EPYC (x86_64)"; the kind alone elsewhere."""
    text = _CPUINFO.read_text(errors="replace") if _CPUINFO.is_file() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return f"{found[1].strip()} ({platform.machine()})" if found else platform.machine()
