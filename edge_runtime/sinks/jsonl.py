"""One JSON object a line, on stdout or appended to a file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from edge_runtime.contracts.results import FrameFailure, FrameResult
from edge_runtime.errors import SinkError


class JsonLinesSink:
    """Writes each line whole and at once, so that a reader, or a crash, never finds half a line."""

    def __init__(self, target: str) -> None:
        self._name = target or "stdout"
        self._file: io.FileIO | None = None
        if target:
            try:
                self._file = Path(target).open("ab", buffering=0)  # noqa: SIM115 - closed by close
            except OSError as error:
                raise SinkError(f"{target}: cannot write: {error.strerror}") from error

    def write(self, result: FrameResult | FrameFailure) -> None:
        """Writes one line.

        Raises:
            SinkError: it cannot be written: the disk is full, say.
            BrokenPipeError: the reader of stdout is gone.
        """
        line = (json.dumps(result.to_json(), ensure_ascii=False) + "\n").encode()
        try:
            if self._file is None:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            else:
                _append_whole(self._file, line)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise SinkError(f"{self._name}: cannot write: {error.strerror}") from error

    def close(self) -> None:
        """Closes the file; stdout stays open."""
        if self._file is not None:
            self._file.close()


def _append_whole(file: io.FileIO, line: bytes) -> None:
    """Appends ``line``; on a full disk takes back what fitted of it."""
    start = file.tell() if file.seekable() else None  # a named pipe is not
    written = 0
    try:
        while written < len(line):
            written += file.write(line[written:])
    except OSError:
        if start is not None:
            file.truncate(start)
        raise
