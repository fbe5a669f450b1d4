"""A file that lines are appended to whole, or not at all."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

from edge_runtime.errors import SinkError


class AppendedFile:
    """Appends whole lines at once, so that a reader, or a crash, never finds half a line.

    Raises:
        SinkError: the file cannot be opened or written: the disk is full, say.
    """

    def __init__(self, path: Path, start: str) -> None:
        """Opens the file.

        Args:
            path: the file; it is made where it is not there.
            start: what a file of this kind begins with; another file, a photo or a model, is not appended to.
        """
        self._path = path
        try:
            if path.is_file():
                with path.open("rb") as file:
                    found = file.read(len(start.encode()))
                if found not in (b"", start.encode()):
                    raise SinkError(f"{path}: holds something else; name another file")
            torn = _ends_within_a_line(path)
            self._file: io.FileIO = path.open("ab", buffering=0)
            if torn:
                self._file.write(b"\n")  # the power went at its last line: that stays alone
        except OSError as error:
            raise SinkError(f"{path}: cannot write: {error.strerror}") from error

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been written to it yet; a named pipe always counts as empty."""
        return not self._file.seekable() or self._file.tell() == 0

    def append(self, line: str) -> None:
        """Appends ``line``; on a full disk takes back what fitted of it."""
        content = line.encode(errors="backslashreplace")  # a file name need not be UTF-8
        start = self._file.tell() if self._file.seekable() else None
        try:
            written = 0
            while written < len(content):
                written += self._file.write(content[written:])
        except BrokenPipeError:
            raise
        except OSError as error:
            if start is not None:
                with suppress(OSError):
                    self._file.truncate(start)
            raise SinkError(f"{self._path}: cannot write: {error.strerror}") from error

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _ends_within_a_line(path: Path) -> bool:
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, io.SEEK_END)
        return file.read() != b"\n"
