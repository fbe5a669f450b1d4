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
from edge_runtime.sinks.target import DiskFullError, FileTarget

_FULL = (errno.ENOSPC, errno.EDQUOT)


class AppendedFile:
    """Appends whole lines at once, so that a reader, or a crash, never finds half a line.

    Raises:
        DiskFullError: the disk is full.
        SinkError: the file cannot be opened or written for another reason.
    """

    def __init__(self, target: FileTarget, form: LineFormat) -> None:
        """Prepares. The first ``append`` opens the file: it is made where it is not there, and repaired.

        Args:
            target: the file, and when another one is begun.
            form: of its lines.
        """
        self._path = target.path
        self._target = target
        self._form = form
        self._file: io.FileIO | None = None
        self._hangups = hangups()

    def append(self, lines: str, *, synced: bool = False) -> None:
        """Appends lines, with their ends; on a full disk takes back what fitted of them.

        Args:
            lines: those that belong together.
            synced: whether they must survive a power cut that comes right after.
        """
        content = lines.encode(errors="backslashreplace")  # a file name need not be UTF-8
        self._target.check_room()
        try:
            file = self._opened()
            if self._is_too_long(file, len(content)):
                file = self._rotated(file)
            self._write(file, content)
            if synced and file.seekable():
                os.fdatasync(file.fileno())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def _opened(self) -> io.FileIO:
        """The file: as it is, or opened anew by its name after SIGHUP."""
        if self._file is not None and self._hangups == hangups() and not self._file.closed:
            return self._file
        self.close()
        self._hangups = hangups()
        lacks_end = self._path.is_file() and self._repaired_lacks_end()
        self._file = file = self._path.open("ab", buffering=0)
        is_new = not file.seekable() or file.tell() == 0  # a named pipe has no past
        self._before = self._form.head.encode() if is_new else b"\n" if lacks_end else b""
        return file

    def _repaired_lacks_end(self) -> bool:
        damaged = damaged_bytes(self._path, self._form)
        if damaged:
            logger.warning("%s: the last %d bytes were damaged by a power cut, and are cut off", self._path, damaged)
            cut_off(self._path, damaged)
        return ends_within_a_line(self._path)

    def _write(self, file: io.FileIO, content: bytes) -> None:
        """Writes what stands before the first line, and the content."""
        content = self._before + content
        start = file.seek(0, io.SEEK_END) if file.seekable() else None
        try:
            written = 0
            while written < len(content):
                written += file.write(content[written:])
        except BrokenPipeError:
            raise
        except OSError:
            if start is not None:
                with suppress(OSError):
                    file.truncate(start)
            raise
        self._before = b""

    def _is_too_long(self, file: io.FileIO, more: int) -> bool:
        """Whether the file has lines, and would be longer with ``more`` bytes than it may be."""
        limit = self._target.max_bytes
        if limit is None or not file.seekable():
            return False
        return file.tell() > len(self._form.head) and file.tell() + more > limit

    def _rotated(self, file: io.FileIO) -> io.FileIO:
        """A new file, once FILE has become FILE.1, FILE.1 FILE.2 and so on; the last one goes."""
        file.close()
        keep = self._target.keep or 0
        names = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, keep + 1))]
        if len(names) == 1:
            self._path.unlink(missing_ok=True)
        for earlier, later in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                earlier.replace(later)
        return self._opened()

    def _error(self, error: OSError) -> SinkError:
        kind = DiskFullError if error.errno in _FULL else SinkError
        return kind(f"{self._path}: cannot write: {error.strerror}")
