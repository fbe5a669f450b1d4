"""Python values as C literals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_NUMBERS_A_LINE = 16


def c_string(text: str) -> str:
    """A C string literal of the text in UTF-8, in ASCII: other bytes are octal, which cannot run into what follows."""
    plain = {ord(character) for character in map(chr, range(32, 127)) if character not in '"\\?'}
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode()) + '"'


def c_float(value: float) -> str:
    """A literal of the nearest float."""
    return f"{value:.9e}f"


def c_numbers(values: NDArray[np.generic]) -> str:
    """The inside of an array's braces, in lines."""
    texts = [c_float(value) if values.dtype.kind == "f" else str(value) for value in values.ravel().tolist()]
    return c_lines(texts, _NUMBERS_A_LINE)


def c_lines(texts: Iterable[str], a_line: int = 1) -> str:
    """Texts separated by commas, some in a line."""
    listed = list(texts)
    return "\n".join("  " + ", ".join(listed[start : start + a_line]) + "," for start in range(0, len(listed), a_line))
