"""Frozen dataclasses to JSON and back, strictly: an unknown key, a missing key or a wrong type is an error."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.versioned import Versioned, check_schema

T = TypeVar("T")

MAX_JSON_BYTES = 512 << 20
"""Enough for the record of a training on as many images as ``contracts.dataset`` takes."""


def encode(value: Any) -> Any:
    """Returns the JSON form of a contract: dataclasses become objects, tuples become lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


def decode(cls: type[T], data: Any, where: str) -> T:
    """Builds the dataclass ``cls`` from the JSON object ``data``.

    Args:
        cls: a dataclass whose fields are str, int, float, bool, Literal, tuples, mappings, other dataclasses or
            unions of these with None.
        data: what ``json.loads`` returned.
        where: named in errors: the file, or the field inside it.

    Raises:
        NewerFileError: ``cls`` is versioned, and a newer version wrote the data.
        ContractError: a key is unknown or missing, a type does not fit, or the dataclass refused a value.
    """
    if not isinstance(data, dict):
        raise ContractError(f"{where}: expected an object, got {_describe(data)}")
    if issubclass(cls, Versioned):
        check_schema(cls, data, where)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise ContractError(f"{where}: unknown key {unknown[0]!r}; known keys: {', '.join(fields)}")
    hints = get_type_hints(cls)
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _decode_value(hints[name], data[name], f"{where}: {name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ContractError(f"{where}: key {name!r} is missing")
    try:
        return cls(**values)
    except ContractError as error:
        raise ContractError(f"{where}: {error}") from error


def parse_json(content: bytes | str, where: str) -> Any:
    """Parses JSON of bounded size in which a key stands once and numbers are finite.

    Raises:
        ContractError: the text is too long or no such JSON.
    """
    if len(content) > MAX_JSON_BYTES:
        raise ContractError(f"{where}: {len(content)} bytes of JSON; the limit is {MAX_JSON_BYTES}")
    try:
        return json.loads(
            content, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant, parse_float=_finite_float
        )
    except ContractError as error:
        raise ContractError(f"{where}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{where}: not valid JSON: {error}") from error


def _decode_value(hint: Any, data: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return data
    if origin in (Union, types.UnionType):
        if data is None and type(None) in arguments:
            return None
        (hint,) = (argument for argument in arguments if argument is not type(None))
        return _decode_value(hint, data, where)
    if origin is Literal:
        if data not in arguments:
            raise ContractError(f"{where}: {data!r} is not one of {', '.join(map(str, arguments))}")
        return data
    if origin is tuple:
        return _decode_tuple(arguments, data, where)
    if origin is Mapping:
        if not isinstance(data, dict):
            raise ContractError(f"{where}: expected an object, got {_describe(data)}")
        return {key: _decode_value(arguments[1], item, f"{where}: {key}") for key, item in data.items()}
    if dataclasses.is_dataclass(hint):
        return decode(hint, data, where)  # type: ignore[arg-type]
    return _decode_scalar(hint, data, where)


def _decode_tuple(arguments: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise ContractError(f"{where}: expected a list, got {_describe(data)}")
    if arguments[-1] is Ellipsis:
        hints = [arguments[0]] * len(data)
    elif len(arguments) == len(data):
        hints = list(arguments)
    else:
        raise ContractError(f"{where}: expected {len(arguments)} entries, got {len(data)}")
    return tuple(
        _decode_value(hint, item, f"{where}[{number}]")
        for number, (hint, item) in enumerate(zip(hints, data, strict=True))
    )


def _decode_scalar(hint: Any, data: Any, where: str) -> Any:
    if hint is float and type(data) is int:
        try:
            data = float(data)
        except OverflowError as error:
            raise ContractError(f"{where}: an integer of {data.bit_length()} bits is too large for a number") from error
    if type(data) is not hint:
        raise ContractError(f"{where}: expected {hint.__name__}, got {_describe(data)}")
    if hint is float and not math.isfinite(data):
        raise ContractError(f"{where}: {data} is not a finite number")
    return data


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ContractError("a key stands twice in one object")
    return result


def _refuse_constant(name: str) -> float:
    raise ContractError(f"{name} is not a JSON number")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ContractError(f"{text[:20]} is too large for a number")
    return value


def _describe(data: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(data), "a number")
