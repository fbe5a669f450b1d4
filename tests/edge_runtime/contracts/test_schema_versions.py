"""A record of a newer version is known by its schema, whatever else is in it; of the same schema every key is known."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from history import RECORDS, VERSIONS, OldRecord, old_records, written_keys
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.console.command import tool_version
from edge_runtime.contracts.codec import decode, parse_json
from edge_runtime.contracts.errors import ContractError, NewerFileError
from edge_runtime.contracts.versioned import Versioned

RECORDS_NOW = old_records(VERSIONS[-1])
NEWEST = {name: record["schema"] for name, record in written_keys().items()}

names = st.sampled_from(sorted(RECORDS_NOW))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
surprises = st.dictionaries(st.text(min_size=1, max_size=8), json_values, min_size=1, max_size=4)


def read(record: OldRecord, content: dict[str, Any]) -> Any:
    return decode(record.cls, parse_json(json.dumps(content), "FILE"), "FILE")


def test_every_kind_of_record_is_tried() -> None:
    assert set(RECORDS_NOW) == {cls.__name__ for cls in RECORDS}


@pytest.mark.parametrize("name", sorted(RECORDS_NOW))
def test_the_samples_can_be_read(name: str) -> None:
    read(RECORDS_NOW[name], RECORDS_NOW[name].content)


@given(names, st.integers(1, 9000), surprises, st.data())
def test_a_newer_schema_says_to_update_whatever_else_changed(
    name: str, raised: int, surprise: dict[str, Any], data: st.DataObject
) -> None:
    record = RECORDS_NOW[name]
    dropped = data.draw(st.sets(st.sampled_from(sorted(record.content))))
    content = {key: value for key, value in record.content.items() if key not in dropped}
    content |= {**surprise, "schema": NEWEST[name] + raised}
    with pytest.raises(NewerFileError) as caught:
        read(record, content)
    message = str(caught.value)
    assert message.startswith("FILE was made by a newer edge-deploy-kit (")
    read_here = f"this version, {tool_version()}, reads up to schema {NEWEST[name]})"
    assert f"schema {NEWEST[name] + raised}; {read_here}" in message
    assert message.endswith("; update it: pip install --upgrade edge-deploy-kit")
    assert len(message.splitlines()) == 1
    assert len(message) < 300


@given(names, st.text(min_size=1, max_size=8), json_values)
def test_an_unknown_key_of_the_same_schema_is_refused_by_name(name: str, key: str, value: Any) -> None:
    record = RECORDS_NOW[name]
    if key in record.content:
        return
    with pytest.raises(ContractError, match=re.escape(f"FILE: unknown key {key!r}")) as caught:
        read(record, {**record.content, key: value})
    assert not isinstance(caught.value, NewerFileError)


@given(names, json_values.filter(lambda value: type(value) is not int or not 1 <= value <= 9999))
def test_what_is_no_schema_is_one_line(name: str, schema: Any) -> None:
    record = RECORDS_NOW[name]
    with pytest.raises(ContractError, match=r"^FILE: schema: expected a whole number from 1 to 9999$"):
        read(record, {**record.content, "schema": schema})


@pytest.mark.parametrize("name", sorted(RECORDS_NOW))
@pytest.mark.parametrize("schema", ["1", True, 1e9, 1.0, None, 0, -1, 10**400, [1], {}])
def test_such_values_are_no_schema(name: str, schema: Any) -> None:
    record = RECORDS_NOW[name]
    with pytest.raises(ContractError, match="schema: expected a whole number"):
        read(record, {**record.content, "schema": schema})


@pytest.mark.parametrize("name", sorted(RECORDS_NOW))
def test_a_missing_schema_is_named(name: str) -> None:
    record = RECORDS_NOW[name]
    with pytest.raises(ContractError, match="FILE: key 'schema' is missing"):
        read(record, {key: value for key, value in record.content.items() if key != "schema"})


@given(names, st.data())
def test_truncated_json_is_one_line(name: str, data: st.DataObject) -> None:
    text = json.dumps(RECORDS_NOW[name].content)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ContractError, match=r"^FILE: not valid JSON: [^\n]+$"):
        parse_json(text[:cut], "FILE")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("0.4.0", "(0.4.0, schema 99;"),
        ("1.0.0rc1+local", "(1.0.0rc1+local, schema 99;"),
        ("not installed", "(schema 99;"),
        ("1" * 1000, "(schema 99;"),
        ("1\n\x1b[2J", "(schema 99;"),
        (["0.4.0"], "(schema 99;"),
    ],
)
def test_the_version_that_wrote_the_file_is_shown_where_it_is_one(said: Any, shown: str) -> None:
    for name, path in (("TrainingRecord", ()), ("ModelManifest", ("provenance",)), ("BenchmarkResult", ("host",))):
        record = RECORDS_NOW[name]
        content = json.loads(json.dumps(record.content))
        place = content[path[0]] if path else content
        place["versions"]["edge-deploy-kit"] = said
        with pytest.raises(NewerFileError, match=re.escape(shown)):
            read(record, {**content, "schema": 99})


@dataclass(frozen=True, slots=True)
class Later(Versioned):
    """A record that was given a key with its third schema."""

    name: str
    added: int = 5
    schema: int = 3


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_files_of_older_schemas_stay_readable(schema: int) -> None:
    assert decode(Later, {"name": "old", "schema": schema}, "FILE") == Later("old", 5, schema)


def test_keys_change_only_together_with_the_schema() -> None:
    """Else an older version would name an unknown key, where it should say to update."""
    before = json.loads((VERSIONS[-1] / "keys.json").read_text())
    for name, now in written_keys().items():
        if name in before and now["keys"] != before[name]["keys"]:
            changed = sorted(set(now["keys"]) ^ set(before[name]["keys"]))
            assert now["schema"] > before[name]["schema"], f"{name}: raise its schema, since these changed: {changed}"
