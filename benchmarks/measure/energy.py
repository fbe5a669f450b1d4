"""Energy, where the machine tells it: the processor's own counter (RAPL), as Linux shows it."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.board import read_number


def energy_uj(root: Path = Path("/")) -> float | None:
    """Microjoules that the processor packages used since their counters last wrapped around.

    None where there is no counter, or where it may not be read (many systems let only root read it).
    """
    counters = sorted((root / "sys" / "class" / "powercap").glob("intel-rapl:[0-9]/energy_uj"))
    values = [read_number(counter) for counter in counters]
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
