"""Label files with one label a line, with or without numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from edge_runtime.contracts.labels.escapes import unescape
from edge_runtime.contracts.labels.numbering import by_number, is_complete

_YAML_KEY = re.compile(r"(?:classes|labels|names)\s*:")
_BYTES = re.compile(r"""b(?P<quote>['"])(?P<text>.*)(?P=quote)""")
_NUMBER_FIRST = re.compile(r"(?P<number>[0-9]{1,6})(?:\s*[:,;\t]\s*|[.)]?\s+)(?P<name>\S.*)")
_NUMBER_LAST = re.compile(r"(?P<name>.*\S)\s*[:,;\t]\s*(?P<number>[0-9]{1,6})")
_QUOTED = re.compile(r"""(?P<quote>['"])(?P<text>.*)(?P=quote)""")


def read_lines(lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """What the lines are, empty where they are simply the labels, and the labels.

    Names may begin with digits, as "7 Up" does. So numbers count only where each line has one, they are complete, and
    the names differ without them, as those of "1 euro" and "2 euro" do not.

    Raises:
        ContractError: numbers that can be nothing but class numbers have a gap or repeat.
    """
    if len(lines) > 1 and _YAML_KEY.fullmatch(lines[0]):
        lines = lines[1:]
    if all(line.startswith("- ") for line in lines):
        return "a YAML list", tuple(_unquoted(line[1:].strip()) for line in lines)
    literals = [_BYTES.fullmatch(line) for line in lines]
    if all(literals):
        return "Python byte strings", tuple(unescape(match["text"]) for match in literals if match)
    for pattern in (_NUMBER_FIRST, _NUMBER_LAST):
        matches = [match for match in map(pattern.fullmatch, lines) if match]
        if len(matches) == len(lines) > 1:
            numbers = [int(match["number"]) for match in matches]
            names = [_unquoted(match["name"]) for match in matches]
            if _are_class_numbers(numbers, names):
                return f"numbered lines, from {min(numbers)}", by_number(numbers, names)
            return "names that begin or end with numbers, which are not those of the classes", tuple(lines)
    return "", tuple(lines)


def _are_class_numbers(numbers: Sequence[int], names: Sequence[str]) -> bool:
    """Also of numbers with a fault: small ones before names that all differ."""
    different = len(set(names))
    if is_complete(numbers):
        return 2 * different > len(names)
    return different == len(names) and min(numbers) <= 1 and max(numbers) <= 2 * len(names)


def _unquoted(name: str) -> str:
    match = _QUOTED.fullmatch(name)
    return match["text"].replace(match["quote"] * 2, match["quote"]) if match else name
