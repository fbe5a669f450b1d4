"""A benchmark's rows as a plain text table that fits a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from benchmarks.report.results import Row
from benchmarks.stats import Summary

_ABSENT = "-"
_HEADER = ("", "thr", "bat", "status", "p50", "p99", "all p50", "all p99", "frames/s", "MB")
_LEFT = (0, 3)
_NOISY_ROWS_LISTED = 3
_NOTE = (
    "p50, p99: ms of the inference alone; all: ms of a whole call, from the 640x480 frame to its labels.\n"
    "thr: threads; bat: batch; MB: peak memory."
)


def render_table(rows: Sequence[Row]) -> str:
    """The table, a section a model, what its columns mean, and a line for each row that is not VALID and quiet."""
    table = [_HEADER, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(_HEADER))]
    lines = [_aligned(_HEADER, widths)]
    for model, group in groupby(
        zip(rows, table[1:], strict=True), key=lambda pair: (pair[0].model, pair[0].model_sha256)
    ):
        lines.append(model[0])
        lines.extend(_aligned(cells, widths) for _, cells in group)
    return "\n".join([*lines, _NOTE, *_remarks(rows)])


def _remarks(rows: Sequence[Row]) -> Iterable[str]:
    noisy = sum(bool(row.noise) for row in rows)
    if noisy > _NOISY_ROWS_LISTED:
        yield f"noisy: {noisy} of {len(rows)} rows; the file says of each why; measure again on an idle machine"
    for row in rows:
        name = f"{row.model}, {row.backend}, threads {row.threads}" + ("" if row.batch == 1 else f", batch {row.batch}")
        if row.reason is not None:
            yield f"{row.status}: {name}: {row.reason}"
        if row.noise and noisy <= _NOISY_ROWS_LISTED:
            yield f"noisy: {name}: {'; '.join(row.noise)}; measure again on an idle machine"
        if row.camera is not None and row.camera.age_ms is not None:
            p50, p99 = _percentiles(row.camera.age_ms)
            yield (
                f"camera: {name}: {row.camera.arrived} frames at {row.camera.fps:g}/s, {row.camera.dropped} dropped; "
                f"age p50 {p50}, p99 {p99} ms"
            )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"  {row.backend}",
        str(row.threads),
        str(row.batch),
        "noisy" if row.noise and row.status == "VALID" else row.status,
        *_percentiles(row.latency_ms),
        *_percentiles(row.end_to_end_ms),
        _number(row.throughput_fps, 1),
        _number(row.peak_memory_mb, 0),
    )


def _percentiles(summary: Summary | None) -> tuple[str, str]:
    return (_ABSENT, _ABSENT) if summary is None else (_number(summary.p50, 3), _number(summary.p99, 3))


def _number(value: float | None, digits: int) -> str:
    return _ABSENT if value is None else f"{value:.{digits}f}"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if column in _LEFT else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()
