"""Options of a source: the keys it takes, and what their values may be.

A source declares a tuple of ``SourceOption``; what a user said is read against it, and anything else is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_runtime.errors import SourceOptionError

Said = Mapping[str, str | int | float | bool]
"""Options as a user says them: a number may be a text."""

_SWITCH = {"": True, "true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
_MAX_SIDE = 16384


@dataclass(frozen=True, slots=True)
class SourceOption:
    """One key that a source takes.

    Attributes:
        key: its name.
        form: what its value looks like, for people.
        parse: makes the value out of its text; raises ValueError where it is none.
    """

    key: str
    form: str
    parse: Callable[[str], Any]


def number_option(key: str, low: float, high: float, *words: str) -> SourceOption:
    """A number within ``low..high``, or one of ``words``."""

    def parse(text: str) -> float | str:
        if text in words:
            return text
        value = float(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return SourceOption(key, "|".join((*words, f"{low:.10g}..{high:.10g}")), parse)


def choice_option(key: str, *choices: str) -> SourceOption:
    """One of ``choices``."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return SourceOption(key, "|".join(choices), parse)


def switch_option(key: str) -> SourceOption:
    """On where it is said alone, or with ``true``; off with ``false``."""

    def parse(text: str) -> bool:
        if text.lower() not in _SWITCH:
            raise ValueError(text)
        return _SWITCH[text.lower()]

    return SourceOption(key, "true|false", parse)


def size_option(key: str) -> SourceOption:
    """Width and height in pixels."""

    def parse(text: str) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
        size = (int(match[1]), int(match[2])) if match else (0, 0)
        if not (0 < size[0] <= _MAX_SIDE and 0 < size[1] <= _MAX_SIDE):
            raise ValueError(text)
        return size

    return SourceOption(key, "WIDTHxHEIGHT", parse)


def split_option(text: str) -> tuple[str, str]:
    """Key and value of ``KEY=VALUE``; a switch may be said without a value.

    Raises:
        ValueError: there is no key.
    """
    key, _, value = text.partition("=")
    if not key.strip():
        raise ValueError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value.strip()


def read_options(source: str, said: Said, takes: Sequence[SourceOption]) -> dict[str, Any]:
    """The values of what was said, by their keys.

    Args:
        source: for the error.
        said: by a user.
        takes: what the source declares.

    Raises:
        SourceOptionError: the source does not take a key, or not this value.
    """
    known = {option.key: option for option in takes}
    values = {}
    for key, value in said.items():
        if key not in known:
            takes_what = f"it takes {', '.join(known)}" if known else "this kind of source takes none"
            raise SourceOptionError(f"{source}: no source option {key!r}; {takes_what}")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        try:
            values[key] = known[key].parse(text)
        except ValueError as error:
            raise SourceOptionError(f"{source}: {key}={text}: expected {key}={known[key].form}") from error
    return values
