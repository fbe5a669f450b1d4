"""A read-only, bounds-checked cursor over FlatBuffers, enough to read a .tflite and its metadata on the device.

The layout is https://flatbuffers.dev/internals/: a table starts with a signed offset back to its vtable, which holds
for each field ("slot") where it lies in the table, or 0.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap

from edge_runtime.errors import ModelFileError

_MAX_ENTRIES = 1_000_000


@dataclass(frozen=True, slots=True)
class FlatTable:
    """One table in a buffer; ``where`` names the file in errors."""

    buffer: bytes | mmap
    position: int
    where: str

    @classmethod
    def root(cls, buffer: bytes | mmap, identifier: bytes, where: str) -> FlatTable:
        """The root table of a buffer with this file identifier.

        Raises:
            ModelFileError: the identifier is another, or the buffer is too short.
        """
        if buffer[4:8] != identifier:
            raise ModelFileError(f"{where}: no {identifier.decode()} file; it is damaged or of another format")
        table = cls(buffer, 0, where)
        return cls(buffer, table._unpack("<I", 0), where)

    def number(self, slot: int, code: str, default: int = 0) -> int:
        """A scalar field; ``code`` is a ``struct`` format such as "i"."""
        position = self._field(slot)
        return default if position is None else self._unpack("<" + code, position)

    def real(self, slot: int) -> float:
        """A float32 field; 0 where absent."""
        (value,) = struct.unpack("<f", struct.pack("<I", self.number(slot, "I")))
        return float(value)

    def length(self, slot: int) -> int:
        """How many entries a vector of bytes has; 0 where absent."""
        position = self._indirect(slot)
        return 0 if position is None else self._count(position, 1)

    def text(self, slot: int) -> str:
        """A string field; empty where absent."""
        return self.blob(slot).decode("utf-8", "replace")

    def blob(self, slot: int) -> bytes:
        """A vector of bytes (or a string); empty where absent."""
        position = self._indirect(slot)
        return b"" if position is None else self._slice(position, 1)

    def numbers(self, slot: int, code: str) -> tuple[float, ...]:
        """A vector of scalars; ``code`` is "i", "f" or "q"."""
        position = self._indirect(slot)
        if position is None:
            return ()
        content = self._slice(position, struct.calcsize(code))
        return struct.unpack(f"<{len(content) // struct.calcsize(code)}{code}", content)

    def table(self, slot: int) -> FlatTable | None:
        """A table field."""
        position = self._indirect(slot)
        return None if position is None else FlatTable(self.buffer, position, self.where)

    def tables(self, slot: int) -> list[FlatTable]:
        """A vector of tables; empty where absent."""
        position = self._indirect(slot)
        if position is None:
            return []
        count = len(self._slice(position, 4)) // 4
        starts = range(position + 4, position + 4 + 4 * count, 4)
        return [FlatTable(self.buffer, start + self._unpack("<I", start), self.where) for start in starts]

    def _field(self, slot: int) -> int | None:
        vtable = self.position - self._unpack("<i", self.position)
        entry = 4 + 2 * slot
        if entry + 2 > self._unpack("<H", vtable):
            return None
        offset = self._unpack("<H", vtable + entry)
        return self.position + offset if offset else None

    def _indirect(self, slot: int) -> int | None:
        position = self._field(slot)
        return None if position is None else position + self._unpack("<I", position)

    def _slice(self, position: int, width: int) -> bytes:
        start = position + 4
        return self.buffer[start : start + width * self._count(position, width)]

    def _count(self, position: int, width: int) -> int:
        count = self._unpack("<I", position)
        if position + 4 + count * width > len(self.buffer) or (width > 1 and count > _MAX_ENTRIES):
            raise ModelFileError(f"{self.where}: damaged: a vector of {count} entries does not fit the file")
        return count

    def _unpack(self, code: str, position: int) -> int:
        try:
            if position < 0:
                raise struct.error("offset before the start")
            (value,) = struct.unpack_from(code, self.buffer, position)
        except (struct.error, ValueError) as error:
            raise ModelFileError(f"{self.where}: damaged or truncated: an offset points outside the file") from error
        return int(value)
