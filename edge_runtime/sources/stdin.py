"""Pictures on stdin: JPEGs one after the other, or any pictures, each with its length before it.

Which of the two it is shows in the first two bytes: FF D8 begin a JPEG. Otherwise each picture (JPEG, PNG, BMP, GIF or
WebP) has its length in bytes before it, as four bytes, the highest first; no picture is so long that they were FF D8.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from edge_runtime.errors import ImageError
from edge_runtime.preprocess import MAX_FILE_BYTES, decode_image
from edge_runtime.sources.base import EndOfStream, Picture
from edge_runtime.sources.live import LiveSettings
from edge_runtime.sources.live.capture import LiveCapture

NAME = "-"
_STDIN = 0
_CHUNK = 1 << 16
_YEAR = 3.2e7  # seconds: a pipe may be silent for as long as it likes

_START = b"\xff\xd8"
_LENGTH = struct.Struct(">I")
# In a JPEG's compressed data, FF 00 stands for a byte FF, and FF D0 to FF D7 are marks between its parts.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SEGMENT = struct.Struct(">H")
_SOS, _EOI, _SOI = 0xDA, 0xD9, 0xD8


def open_stdin(settings: LiveSettings) -> LiveCapture:
    """Stdin as a source that ends with it; every picture is classified unless the policy says otherwise."""
    patient = replace(settings, policy=settings.policy or "every", open_seconds=_YEAR, stall_seconds=_YEAR)
    return LiveCapture(NAME, lambda: StdinConnection(_read_stdin), patient)


def _read_stdin() -> bytes:
    return os.read(_STDIN, _CHUNK)  # not sys.stdin: its lock, held by a waiting thread, makes Python crash at its end


class StdinConnection:
    """Cuts what comes through a pipe into pictures."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        """Prepares.

        Args:
            read: waits for the next bytes; none at the end.
        """
        self._read = read
        self._buffer = bytearray()
        self._is_jpegs: bool | None = None

    def open(self) -> None:
        """Nothing to connect to."""

    def close(self) -> None:
        """Stdin stays open."""

    def read(self) -> Picture:
        """The next picture, not decoded yet.

        Raises:
            ImageError: it breaks off; the next one may be whole.
            EndOfStream: stdin has ended, or cannot be made sense of.
        """
        if self._is_jpegs is None:
            self._need(2)
            self._is_jpegs = self._buffer.startswith(_START)
        content = self._next_jpeg() if self._is_jpegs else self._next_with_length()
        return Picture(partial(decode_image, content, NAME), len(content))

    def _next_with_length(self) -> bytes:
        self._need(_LENGTH.size)
        (length,) = _LENGTH.unpack_from(self._buffer)
        if not 0 < length <= MAX_FILE_BYTES:
            raise EndOfStream(
                f"{NAME}: announces a picture of {length} bytes; expected JPEGs one after the other, or each picture's "
                f"length before it, four bytes, the highest first, up to {MAX_FILE_BYTES}"
            )
        self._need(_LENGTH.size + length)
        content = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
        del self._buffer[: _LENGTH.size + length]
        return content

    def _next_jpeg(self) -> bytes:
        self._find_start()
        end = self._find_end()
        content = bytes(self._buffer[:end])
        del self._buffer[:end]
        return content

    def _find_start(self) -> None:
        """Skips what is no JPEG: padding, or the rest of a damaged one."""
        self._need(2)
        while (start := self._buffer.find(_START)) < 0:
            del self._buffer[:-1]
            self._need(2)
        del self._buffer[:start]

    def _find_end(self) -> int:
        """Where this JPEG ends; a thumbnail inside it, which has an end of its own, lies in a segment and is skipped.

        https://www.w3.org/Graphics/JPEG/itu-t81.pdf, section B.1.
        """
        position = 2
        while True:
            position = self._find_marker(position)
            marker = self._buffer[position + 1]
            position += 2
            if marker == _EOI:
                return position
            if marker == _SOI:
                del self._buffer[: position - 2]
                raise ImageError(f"{NAME}: a JPEG breaks off, and another begins")
            if marker != 0x01:  # all but TEM, EOI and SOI carry their length
                self._need(position + _SEGMENT.size)
                position += max(_SEGMENT.size, _SEGMENT.unpack_from(self._buffer, position)[0])

    def _find_marker(self, position: int) -> int:
        while (found := _MARKER.search(self._buffer, position)) is None:
            position = max(position, len(self._buffer) - 1)
            self._need(len(self._buffer) + 1)
        return found.start()

    def _need(self, size: int) -> None:
        """Reads until the buffer holds so much.

        Raises:
            EndOfStream: stdin has ended.
            ImageError: it ended within a picture, or the picture is too large.
        """
        while len(self._buffer) < size:
            if len(self._buffer) > MAX_FILE_BYTES + _LENGTH.size:
                self._buffer.clear()
                raise ImageError(f"{NAME}: a picture of more than {MAX_FILE_BYTES} bytes")
            chunk = self._read()
            if not chunk:
                self._end()
            self._buffer += chunk

    def _end(self) -> None:
        rest = len(self._buffer)
        broken_off = self._buffer.startswith(_START) if self._is_jpegs else rest > 0
        self._buffer.clear()
        if broken_off:
            raise ImageError(f"{NAME}: ended within a picture, {rest} bytes after its start")
        raise EndOfStream("" if self._is_jpegs is not None else f"{NAME}: ended without a picture")
