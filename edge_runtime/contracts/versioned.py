"""Versioned: a contract that lies in a file, where other versions of this project read it.

The rules that make this work are docs/decisions/0031-time-and-schema-versions.md.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from edge_runtime.contracts.errors import ContractError, NewerFileError
from edge_runtime.contracts.version import DISTRIBUTION, __version__

_HIGHEST = 9999
_VERSION = r"\d[0-9A-Za-z.+!-]{0,30}"


class Versioned:
    """The base of such a dataclass: the default of its field ``schema`` is what it writes, and the newest it reads.

    It reads all older schemas too.

    Attributes:
        versions_at: the keys that lead to the versions of packages that wrote the file; empty where it says none.
    """

    __slots__ = ()
    versions_at: ClassVar[tuple[str, ...]] = ()


def check_schema(cls: type[Versioned], data: Mapping[str, Any], where: str) -> None:
    """Refuses what a newer version wrote, before anything else in it is looked at.

    Args:
        cls: the dataclass that ``data`` shall become.
        data: a JSON object.
        where: the file, named in errors.

    Raises:
        NewerFileError: a newer version wrote it.
        ContractError: it does not say by which schema, or that is no number of a schema.
    """
    if "schema" not in data:
        raise ContractError(f"{where}: key 'schema' is missing")
    schema = data["schema"]
    if type(schema) is not int or not 1 <= schema <= _HIGHEST:
        raise ContractError(f"{where}: schema: expected a whole number from 1 to {_HIGHEST}")
    newest: Any = next(field.default for field in dataclasses.fields(cls) if field.name == "schema")  # type: ignore[arg-type]
    if schema > newest:
        raise NewerFileError(_refusal(cls, data, where, newest))


def _refusal(cls: type[Versioned], data: Mapping[str, Any], where: str, newest: int) -> str:
    found: Any = data
    for key in (*cls.versions_at, DISTRIBUTION):  # a newer file may say it elsewhere
        found = found.get(key) if isinstance(found, dict) else None
    writer = f"{found}, " if isinstance(found, str) and re.fullmatch(_VERSION, found) else ""
    return (
        f"{where} was made by a newer {DISTRIBUTION} ({writer}schema {data['schema']}; this version, {__version__}, "
        f"reads up to schema {newest}); update it: pip install --upgrade {DISTRIBUTION}"
    )
