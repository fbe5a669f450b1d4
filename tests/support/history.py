"""The files of earlier versions, and which keys today's files have."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

from benchmarks.report.results import BenchmarkResult
from edge_runtime.contracts.golden import GOLDEN_NAME, GoldenSet
from edge_runtime.contracts.manifest import MANIFEST_NAME, ModelManifest
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.inference.tuning import Tuning
from edge_runtime.model.file import read_associated_files

HISTORY = Path(__file__).parents[1] / "golden" / "history"
VERSIONS = sorted(
    (folder for folder in HISTORY.iterdir() if folder.is_dir()),
    key=lambda folder: [int(part) for part in folder.name.split(".")],
)
"""A folder a version, the oldest first."""
RECORDS = (ModelManifest, GoldenSet, TrainingRecord, BenchmarkResult, Tuning)
"""What lies in files that other versions read."""


class OldRecord(NamedTuple):
    """The JSON of an earlier version's file, and the type that reads it."""

    cls: type
    content: dict[str, Any]


def old_records(version: Path) -> dict[str, OldRecord]:
    """One of each kind."""
    inside = read_associated_files(version / "single-int8.tflite")
    contents = {
        ModelManifest: inside[MANIFEST_NAME],
        GoldenSet: inside[GOLDEN_NAME],
        TrainingRecord: (version / "single" / "training.json").read_bytes(),
        BenchmarkResult: (version / "before.json").read_bytes(),
        Tuning: (version / "tuning.json").read_bytes(),
    }
    return {cls.__name__: OldRecord(cls, json.loads(content)) for cls, content in contents.items()}


def written_keys() -> dict[str, Any]:
    """The schema of each kind of record, and all keys in it: "rows.latency_ms.p50"."""
    return {cls.__name__: {"schema": _schema(cls), "keys": sorted(_keys(cls))} for cls in RECORDS}


def _schema(cls: type) -> int:
    return next(field.default for field in dataclasses.fields(cls) if field.name == "schema")


def _keys(cls: type) -> Iterator[str]:
    hints = get_type_hints(cls)
    for field in dataclasses.fields(cls):
        yield field.name
        for inner in _dataclasses_in(hints[field.name]):
            yield from (f"{field.name}.{key}" for key in _keys(inner))


def _dataclasses_in(hint: Any) -> Iterator[type]:
    if dataclasses.is_dataclass(hint):
        yield hint
    for argument in get_args(hint):
        yield from _dataclasses_in(argument)


if __name__ == "__main__":
    print(json.dumps(written_keys(), indent=1))
