"""One JSON object a line, on stdout or appended to a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import SinkError
from edge_runtime.sinks.append import AppendedFile


class JsonLinesSink:
    """Writes each line when it is there."""

    def __init__(self, target: str) -> None:
        self._file = AppendedFile(Path(target), "{") if target else None

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Writes one line.

        Raises:
            SinkError: it cannot be written: the disk is full, say.
            BrokenPipeError: the reader is gone.
        """
        line = json.dumps(result.to_json(), ensure_ascii=False) + "\n"
        if self._file is not None:
            self._file.append(line)
        else:
            _print_whole(line)

    def close(self) -> None:
        """Closes the file; stdout stays open."""
        if self._file is not None:
            self._file.close()


def _print_whole(line: str) -> None:
    if sys.stdout is None:
        raise SinkError("stdout: closed; name a file with --sink jsonl:FILE")
    try:
        sys.stdout.buffer.write(line.encode(errors="backslashreplace"))  # a file name need not be UTF-8
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SinkError(f"stdout: cannot write: {error.strerror}") from error
