"""A file that lines are appended to whole, or not at all; it may be rotated, by us or by another program."""

from __future__ import annotations

import errno
import io
import os
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from edge_runtime.console.command import logger
from edge_runtime.errors import SinkError
from edge_runtime.sinks.files.hangup import hangups
from edge_runtime.sinks.files.lines import LineFormat, cut_off, damaged_bytes, ends_within_a_line
from edge_runtime.sinks.files.target import FileTarget

_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(SinkError):
    """There is no room; there may be some later."""


class AppendedFile:
    """Appends whole lines at once, so that a reader, or a crash, never finds half a line.

    Raises:
        DiskFullError: the disk is full.
        SinkError: the file cannot be opened or written for another reason.
    """

    def __init__(self, target: FileTarget, form: LineFormat) -> None:
        """Opens the file; it is made where it is not there, and what a power cut has damaged is cut off.

        Args:
            target: the file, and when another one is begun.
            form: of its lines.
        """
        self._path = target.path
        self._target = target
        self._form = form
        self._open()

    def append(self, lines: str, *, synced: bool = False) -> None:
        """Appends lines, with their ends; on a full disk takes back what fitted of them.

        Args:
            lines: those that belong together.
            synced: whether they must survive a power cut that comes right after.
        """
        content = lines.encode(errors="backslashreplace")  # a file name need not be UTF-8
        try:
            if self._file.closed or self._hangups != hangups():  # closed: there was no room for the next one
                self._file.close()
                self._open()
            if self._is_too_long_with(len(content)):
                self._rotate()
            self._write(content)
            if synced and self._file.seekable():
                os.fdatasync(self._file.fileno())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _open(self) -> None:
        self._hangups = hangups()
        try:
            lacks_end = self._path.is_file() and self._repaired_lacks_end()
            self._file: io.FileIO = self._path.open("ab", buffering=0)
        except OSError as error:
            raise self._error(error) from error
        is_new = not self._file.seekable() or self._file.tell() == 0  # a named pipe has no past
        self._before = self._form.head.encode() if is_new else b"\n" if lacks_end else b""

    def _repaired_lacks_end(self) -> bool:
        damaged = damaged_bytes(self._path, self._form)
        if damaged:
            logger.warning("%s: the last %d bytes were damaged by a power cut, and are cut off", self._path, damaged)
            cut_off(self._path, damaged)
        return ends_within_a_line(self._path)

    def _write(self, content: bytes) -> None:
        """Writes what stands before the first line, and the content."""
        content = self._before + content
        start = self._file.seek(0, io.SEEK_END) if self._file.seekable() else None
        try:
            written = 0
            while written < len(content):
                written += self._file.write(content[written:])
        except BrokenPipeError:
            raise
        except OSError:
            if start is not None:
                with suppress(OSError):
                    self._file.truncate(start)
            raise
        self._before = b""

    def _is_too_long_with(self, size: int) -> bool:
        limit = self._target.max_bytes
        if limit is None or not self._file.seekable():
            return False
        return self._file.tell() > len(self._form.head) and self._file.tell() + size > limit

    def _rotate(self) -> None:
        """Makes FILE.1 of FILE, FILE.2 of FILE.1 and so on; the last one goes."""
        self._file.close()
        names = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, self._target.keep + 1))]
        if len(names) == 1:
            self._path.unlink(missing_ok=True)
        for earlier, later in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                earlier.replace(later)
        self._open()

    def _error(self, error: OSError) -> SinkError:
        kind = DiskFullError if error.errno in _FULL else SinkError
        return kind(f"{self._path}: cannot write: {error.strerror}")
