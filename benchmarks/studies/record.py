"""The record of a study: what it measured, and on what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.host import Condition, read_condition, read_host
from benchmarks.runs import sha256_if_readable
from edge_runtime.console.files import write_text
from edge_runtime.contracts.codec import encode

_SCHEMA = 1


def write_record(out: Path, before: Condition, content: Mapping[str, Any], after: Condition | None = None) -> None:
    """Writes a study's record: the host, its condition before and after, and what the study found.

    Args:
        out: the JSON file.
        before: the machine's condition before the study.
        content: settings, figures and raw samples, as JSON takes them.
        after: its condition afterwards; None reads it now.

    Raises:
        OutputError: the file cannot be written.
    """
    machine = {"host": read_host(), "before": before, "after": after or read_condition()}
    record = {"schema": _SCHEMA, **content, **{name: encode(value) for name, value in machine.items()}}
    write_text(out, json.dumps(record) + "\n")


def named_model(model: Path) -> dict[str, str | None]:
    """How a record names a model: the file's name, and the SHA-256 by which others know it."""
    return {"model": model.name, "model_sha256": sha256_if_readable(model)}
