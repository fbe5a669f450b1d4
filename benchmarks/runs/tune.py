"""Finds the fastest setting for each model on this device."""

from __future__ import annotations

import os
from collections.abc import Iterable

from benchmarks.report import Row
from benchmarks.runs.runner import now_utc
from edge_runtime.inference import TunedSetting

_THREADS = (1, 2, 4)


def sensible_threads() -> tuple[int, ...]:
    """1, 2 and 4, as far as this process may use so many cores."""
    cores = len(os.sched_getaffinity(0))
    return tuple(count for count in _THREADS if count <= cores)


def fastest_settings(rows: Iterable[Row]) -> dict[str, TunedSetting]:
    """The VALID row with the least end-to-end p50 of each model, by the model's SHA-256; of equals the first."""
    found: dict[str, TunedSetting] = {}
    for row in rows:
        p50 = None if row.end_to_end_ms is None else row.end_to_end_ms.p50
        if row.status != "VALID" or row.model_sha256 is None or p50 is None:
            continue
        best = found.get(row.model_sha256)
        if best is None or p50 < best.end_to_end_p50_ms:
            found[row.model_sha256] = TunedSetting(row.model, row.backend, row.threads, p50, now_utc())
    return found
