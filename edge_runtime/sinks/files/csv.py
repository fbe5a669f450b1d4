"""A table with one row a frame and its best category, appended to a file."""

from __future__ import annotations

import csv
import io

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import SinkError
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.files.linefile import LineFile
from edge_runtime.sinks.files.lines import LineFormat

COLUMNS = ("source", "frame", "captured_ns", "index", "label", "score", "age_ms", "error")


class CsvSink:
    """Writes each row when it is there; the columns' names first where the file is new."""

    def __init__(self, target: str, run: RunInfo | None = None) -> None:
        if not target:
            raise SinkError("csv: needs a file: csv:FILE")
        names = _row(dict(zip(COLUMNS, COLUMNS, strict=True)))
        self._file = LineFile("csv", target, LineFormat(names, _is_row, names), run)

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Writes one row.

        Raises:
            SinkError: it cannot be written: the disk is full, say.
            BrokenPipeError: the reader of a named pipe is gone.
        """
        values = result.to_json()
        best = values.get("categories") or [{}]
        self._file.append(_row({**values, **best[0]}))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _row(values: dict[str, object]) -> str:
    line = io.StringIO()
    csv.DictWriter(line, COLUMNS, extrasaction="ignore", lineterminator="\n").writerow(values)
    return line.getvalue()


def _is_row(line: str) -> bool:
    return any(len(row) == len(COLUMNS) for row in csv.reader([line]))
