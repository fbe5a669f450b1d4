"""Label maps in protobuf's text format, as object detection has them: ``item { id: 1 name: 'cat' }``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels.escapes import unescape
from edge_runtime.contracts.labels.numbering import by_number

_START = re.compile(r"(?:\s|#.*)*item\s*:?\s*\{")
_PART = re.compile(
    r"""(?:[\s,;:]|\#[^\n]*)*(?P<part>[{}]|[\w.+-]+|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\Z|.)""", re.DOTALL
)
_LABELS = ("display_name", "name")

Item = dict[str, str]


def is_label_map(text: str) -> bool:
    """Whether ``text`` begins as a label map does."""
    return _START.match(text) is not None


def read_label_map(text: str) -> tuple[str, ...]:
    """The labels of a label map, by their ids, which begin with 1 or 0; ``display_name`` goes before ``name``.

    Raises:
        ContractError: it cannot be read, an item lacks an id or a name, or an id is missing or stands twice.
    """
    items = _items(text)
    field = next((field for field in _LABELS if all(field in item for item in items)), None)
    if field is None:
        raise ContractError("it is a label map in which an item has no name; give each item a name")
    return by_number([_id(item, number) for number, item in enumerate(items, 1)], [item[field] for item in items])


def _id(item: Item, number: int) -> int:
    text = item.get("id", "")
    if not re.fullmatch("[0-9]{1,6}", text):
        raise ContractError(f"it is a label map whose item {number} has no id that is a class number; give it one")
    return int(text)


def _items(text: str) -> Sequence[Item]:
    """The fields of each item; those of messages inside an item are left out."""
    items: list[Item] = []
    name, depth = "", 0
    for part in _parts(text):
        if part == "{":
            depth += 1
            if depth == 1:
                items.append({})
            name = ""
        elif part == "}":
            depth -= 1
        elif part in "\"'":
            raise ContractError(f"it is a label map whose item {len(items)} has a quote that does not end")
        elif depth and not name:
            name = part
        elif depth:
            if depth == 1:
                items[-1][name] = unescape(part[1:-1]) if part[0] in "\"'" else part
            name = ""
        if depth < 0:
            break
    if depth:
        raise ContractError("it is a label map with a brace too many or too few; is the end cut off?")
    return items


def _parts(text: str) -> Iterator[str]:
    for match in _PART.finditer(text):
        if match["part"]:
            yield match["part"]
