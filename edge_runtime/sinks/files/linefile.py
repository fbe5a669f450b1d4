"""LineFile: what the sinks write to. A full disk ends a run of files; a camera's run goes on, and results are lost."""

from __future__ import annotations

import time
from dataclasses import dataclass

from edge_runtime.console.command import logger
from edge_runtime.errors import SinkError
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.files.append import AppendedFile
from edge_runtime.sinks.files.lines import LineFormat
from edge_runtime.sinks.target import FILE_OPTIONS, DiskFullError, parse_target

_SAID_EVERY_SECONDS = 60.0


@dataclass(slots=True)
class FileCounts:
    """Of the results that a file got: those it has, and those that found the disk full."""

    results_written: int = 0
    results_lost: int = 0


class LineFile:
    """Appends the lines of each result to a file.

    Raises:
        SinkError: the file cannot be opened or written, or its options are none.
    """

    def __init__(self, sink: str, text: str, form: LineFormat, run: RunInfo | None) -> None:
        """Opens the file.

        Args:
            sink: the sink's name, for errors and counts.
            text: what the user wrote behind the sink's name.
            form: of the lines.
            run: whose results they are; None for one that never goes on without a disk.
        """
        target = parse_target(sink, text)
        if target.keep is not None and target.max_bytes is None:
            raise SinkError(f"{sink}:{text}: keep needs a max; expected {FILE_OPTIONS}")
        self._name = f"{sink}:{text}"
        self._goes_on = run is not None and run.is_live
        self._counts = FileCounts()
        self._last_said = float("-inf")
        if run is not None and run.is_live:
            run.sink_counts[f"{sink}:{target.path}"] = self._counts
        self._file = AppendedFile(target, form)
        try:
            self.append("")
        except BaseException:
            self.close()
            raise

    def append(self, lines: str, *, synced: bool = False) -> None:
        """Appends the lines of one result; see AppendedFile."""
        try:
            self._file.append(lines, synced=synced)
        except DiskFullError as error:
            if not self._goes_on:
                raise
            self._counts.results_lost += bool(lines)
            self._say(error)
        else:
            self._counts.results_written += bool(lines)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        if self._counts.results_lost:
            logger.warning("%s: %d results lost to a full disk", self._name, self._counts.results_lost)

    def _say(self, error: DiskFullError) -> None:
        if time.monotonic() - self._last_said >= _SAID_EVERY_SECONDS:
            self._last_said = time.monotonic()
            logger.warning("%s; results are lost until there is room", error)
