"""One JSON object a line, on stdout or appended to a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_runtime.console.command import discard_stdout
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import SinkError
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.files.append import AppendedFile


class JsonLinesSink:
    """Writes each line when it is there."""

    def __init__(self, target: str, run: RunInfo | None = None) -> None:  # noqa: ARG002
        self._file = AppendedFile(Path(target), "{") if target else None

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Writes the line of a frame, then one for each event.

        Raises:
            SinkError: it cannot be written: the disk is full, say.
            BrokenPipeError: the reader is gone.
        """
        self._write_lines([result.to_json(), *_events(result)])

    def close(self) -> None:
        """Closes the file; stdout stays open."""
        if self._file is not None:
            self._file.close()

    def _write_lines(self, objects: Sequence[dict[str, Any]]) -> None:
        lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)
        if self._file is not None:
            self._file.append(lines)
        else:
            _print_whole(lines)


class EventLinesSink(JsonLinesSink):
    """Writes the lines of events and not those of frames: a year of them fits on a card."""

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Writes a line for each event.

        Raises:
            SinkError: it cannot be written: the disk is full, say.
            BrokenPipeError: the reader is gone.
        """
        events = _events(result)
        if events:
            self._write_lines(events)


def _events(result: FrameResult | FrameFailure) -> list[dict[str, Any]]:
    return [event.to_json() for event in result.events] if isinstance(result, FrameResult) else []


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
