"""A benchmark's rows as a plain text table."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.results import Row
from benchmarks.stats import Summary

_ABSENT = "-"
_HEADER = (
    "model",
    "backend",
    "threads",
    "status",
    "cold start",
    "latency p50 / p90 / p99",
    "end to end p50 / p90 / p99",
    "frames/s",
    "peak MB",
    "delegate",
)
_LEFT = {"model", "backend", "status", "delegate"}
_NOTE = "Times in ms. latency: the interpreter's invoke alone; end to end: one Classifier.classify of a 640x480 frame."


def render(rows: Sequence[Row]) -> str:
    """The table, a line about units, and a line for each row that is not VALID."""
    lines = _aligned([_HEADER, *(_cells(row) for row in rows)])
    lines.append(_NOTE)
    lines.extend(
        f"{row.status}: {row.model}, {row.backend}, threads {row.threads}: {row.reason}"
        for row in rows
        if row.reason is not None
    )
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.model,
        row.backend,
        str(row.threads),
        row.status,
        _number(row.cold_start_ms.total if row.cold_start_ms else None, 0),
        _percentiles(row.latency_ms),
        _percentiles(row.end_to_end_ms),
        _number(row.throughput_fps, 1),
        _number(row.peak_memory_mb, 1),
        row.delegate or _ABSENT,
    )


def _percentiles(summary: Summary | None) -> str:
    if summary is None:
        return _ABSENT
    return " / ".join(_number(value, 3) for value in (summary.p50, summary.p90, summary.p99))


def _number(value: float | None, digits: int) -> str:
    return _ABSENT if value is None else f"{value:.{digits}f}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADER))]
    return ["  ".join(_padded(row, widths)).rstrip() for row in table]


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if name in _LEFT else cell.rjust(width)
        for cell, width, name in zip(row, widths, _HEADER, strict=True)
    ]
