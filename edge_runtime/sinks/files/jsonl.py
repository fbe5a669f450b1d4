"""One JSON object a line, on stdout or appended to a file."""

from __future__ import annotations

import json
import sys
from typing import Any

from edge_runtime.console.command import discard_stdout
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult, SourceChange
from edge_runtime.errors import SinkError
from edge_runtime.sinks.base import InformedSink, RunInfo
from edge_runtime.sinks.files.linefile import LineFile
from edge_runtime.sinks.files.lines import LineFormat


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


_FORM = LineFormat('{"schema": ', _is_object)


class JsonLinesSink(InformedSink):
    """Writes each line when it is there.

    Attributes:
        name: of the sink, for errors and counts.
        synced: whether a line is on the disk before the next frame is classified.
    """

    name = "jsonl"
    synced = False

    def __init__(self, target: str, run: RunInfo | None = None) -> None:
        self._file = LineFile(self.name, target, _FORM, run) if target else None

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Writes each line of a result: that of the frame, then one for each event.

        Raises:
            SinkError: it cannot be written: the disk is full, say.
            BrokenPipeError: the reader is gone.
        """
        lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in self._told(result))
        if lines:
            self._write(lines)

    def tell(self, change: SourceChange) -> None:
        """Writes the line of a source that was lost, or is back."""
        self._write(json.dumps(change.to_json(), ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Closes the file; stdout stays open."""
        if self._file is not None:
            self._file.close()

    def _told(self, result: FrameResult | FrameFailure) -> list[dict[str, Any]]:
        return [result.to_json(), *(event.to_json() for event in result.events)]

    def _write(self, lines: str) -> None:
        if self._file is not None:
            self._file.append(lines, synced=self.synced)
        else:
            _print_whole(lines)


def _print_whole(line: str) -> None:
    if sys.stdout is None:
        raise SinkError("stdout: closed; name a file with --sink jsonl:FILE")
    try:
        sys.stdout.buffer.write(line.encode(errors="backslashreplace"))  # a file name need not be UTF-8
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise SinkError(f"stdout: cannot write: {error.strerror}") from error
