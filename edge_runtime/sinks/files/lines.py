"""What files of lines look like, and what a power cut leaves at the end of one: half a line, or blocks of zeros."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge_runtime.errors import SinkError

_LOOKED_AT = 1 << 20  # what a disk had not yet written is shorter than that


@dataclass(frozen=True, slots=True)
class LineFormat:
    """What the lines of a kind of file look like.

    Attributes:
        begins: how the first line of such a file begins.
        is_line: whether a text is a whole line, and not one that was torn.
        head: the first line of each file, with its end; "" for none.
    """

    begins: str
    is_line: Callable[[str], bool]
    head: str = ""


def damaged_bytes(path: Path, form: LineFormat) -> int:
    """How many bytes at the end of a file nobody can read.

    Raises:
        SinkError: it is another kind of file, a photo or a model: it is not appended to, and nothing is cut off.
    """
    with path.open("rb") as file:
        first, has_end, _ = file.read(_LOOKED_AT).partition(b"\n")
        if not _is_ours(first, bool(has_end), form):
            raise SinkError(f"{path}: holds something else; name another file")
        file.seek(max(0, path.stat().st_size - _LOOKED_AT))
        tail = file.read()
    zeros = tail.find(b"\0")
    readable = tail if zeros < 0 else tail[:zeros]
    lines_end = readable.rfind(b"\n") + 1
    last = readable[lines_end:].decode(errors="replace")
    is_whole = zeros < 0 and (not last or form.is_line(last))  # another program may write the last line without its end
    return 0 if is_whole else len(tail) - lines_end


def cut_off(path: Path, count: int) -> None:
    """Takes so many bytes off the end of the file."""
    os.truncate(path, path.stat().st_size - count)


def ends_within_a_line(path: Path) -> bool:
    """Whether the last line lacks its end."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1))
        return file.read() not in (b"", b"\n")


def _is_ours(first: bytes, has_end: bool, form: LineFormat) -> bool:
    text = first.rstrip(b"\0").decode(errors="replace")
    if "\0" in text:
        return False
    if has_end:
        return text + "\n" == form.head if form.head else form.is_line(text)
    return form.is_line(text) or text.startswith(form.begins) or form.begins.startswith(text)
