"""Damaged copies of files: the same ones for the same seed and number, on every machine."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

_MOST_CHANGES = 4
_BOUNDARIES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(originals: Sequence[bytes], seed: int, number: int) -> bytes:
    """One of ``originals`` with one to four changes."""
    generator = random.Random(f"{seed}/{number}")  # a text is hashed the same way everywhere
    content = bytearray(generator.choice(originals))
    for _ in range(generator.randint(1, _MOST_CHANGES)):
        if content:
            generator.choice(_CHANGES)(content, generator)
    return bytes(content)


def _flip_bit(content: bytearray, generator: random.Random) -> None:
    content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)


def _set_byte(content: bytearray, generator: random.Random) -> None:
    content[generator.randrange(len(content))] = generator.randrange(256)


def _set_number(content: bytearray, generator: random.Random) -> None:
    """A 32-bit number at a limit, where a file's own numbers may stand."""
    position = generator.randrange(len(content)) // 4 * 4
    content[position : position + 4] = struct.pack("<I", generator.choice(_BOUNDARIES))


def _nudge_number(content: bytearray, generator: random.Random) -> None:
    position = min(generator.randrange(len(content)) // 4 * 4, len(content) - 4)
    if position >= 0:
        (value,) = struct.unpack_from("<I", content, position)
        struct.pack_into("<I", content, position, (value + generator.randint(-16, 16)) % (1 << 32))


def _cut_end(content: bytearray, generator: random.Random) -> None:
    del content[generator.randrange(len(content)) :]


def _cut_out(content: bytearray, generator: random.Random) -> None:
    position = generator.randrange(len(content))
    del content[position : position + generator.randint(1, 64)]


def _repeat_part(content: bytearray, generator: random.Random) -> None:
    position = generator.randrange(len(content))
    content[position:position] = content[position : position + generator.randint(1, 64)]


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip_bit, _flip_bit, _set_byte, _set_byte, _set_number, _set_number, _nudge_number, _nudge_number,
    _cut_end, _cut_out, _repeat_part,
)  # fmt: skip
