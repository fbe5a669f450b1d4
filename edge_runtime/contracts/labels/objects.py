"""Labels in JSON: lists, maps either way round, tables, and files of others that hold one of these."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from edge_runtime.contracts.codec import parse_json
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels.numbering import by_number, is_number
from edge_runtime.contracts.labels.tables import read_columns

_HOLDERS = (
    "id2label", "label2id", "classes", "class_names", "class_indices", "labels", "names", "categories",
)  # fmt: skip
_EXPECTED = 'expected ["cat", "dog"], {"0": "cat", "1": "dog"} or {"cat": 0, "dog": 1}'
_SYNSET = re.compile("n[0-9]{8}")


def read_json(text: str) -> tuple[str, ...]:
    """The labels in a JSON text.

    Raises:
        ContractError: it is no JSON, or none that says which class has which label; the message says what it is.
    """
    return _labels(parse_json(text, "it begins like JSON"))


def _labels(value: Any, depth: int = 0) -> tuple[str, ...]:
    if isinstance(value, list) and value:
        return _from_list(value)
    if isinstance(value, dict) and value:
        held = [value[name] for name in _HOLDERS if isinstance(value.get(name), list | dict)]
        return _from_held(held) if held and not depth else _from_map(value)
    raise ContractError(f"it is {_kind(value)}; {_EXPECTED}")


def _from_held(values: Sequence[Any]) -> tuple[str, ...]:
    """Labels that stand under a name, as in a config.json of Hugging Face; once, or the same each time."""
    found = {_labels(value, depth=1) for value in values}
    if len(found) > 1:
        raise ContractError(f"it is a JSON object with {len(found)} lists of labels that differ; keep one")
    return found.pop()


def _from_list(value: Sequence[Any]) -> tuple[str, ...]:
    if all(isinstance(entry, str) for entry in value):
        return tuple(value)
    if all(isinstance(entry, dict) and entry.keys() == value[0].keys() for entry in value):
        return read_columns({key: [str(entry[key]) for entry in value] for key in value[0]})
    stranger = next(entry for entry in value if not isinstance(entry, str))
    raise ContractError(f"it is a JSON list with {_kind(stranger)} in it; {_EXPECTED}")


def _from_map(value: Mapping[str, Any]) -> tuple[str, ...]:
    entries = list(value.values())
    if all(isinstance(entry, int) and not isinstance(entry, bool) and entry >= 0 for entry in entries):
        return by_number(entries, list(value))
    if all(map(is_number, value)) and (names := [_name(entry) for entry in entries]) and None not in names:
        return by_number([int(key) for key in value], [name for name in names if name is not None])
    raise ContractError(f"it is a JSON object with {_kind(entries[0])} under {next(iter(value))[:40]!r}; {_EXPECTED}")


def _name(entry: Any) -> str | None:
    """The label of one class: a text, or behind its synset, as in Keras's imagenet_class_index.json."""
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and _SYNSET.fullmatch(entry[0]):
        entry = entry[1]
    return entry if isinstance(entry, str) else None


def _kind(value: Any) -> str:
    if value in ([], {}):
        return "an empty list or object"
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
