"""Latencies that ``edge-bench run`` measured on the device where the file is to run: what is fast is decided by them.

Only a few keys of its result are read, and they are checked here, since the converter does not import the benchmarks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.errors import DataError
from converter.judge.latency import Latency
from edge_runtime.contracts.codec import parse_json
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.model import read_model_file

NEWEST_SCHEMA = 3
"""Of a benchmark's result; what is read here stands alike in all until then."""
_FLOAT32, _MIXED = "float32", "mixed"
_MOST_MS = 1e6
_MOST_LETTERS = 255


@dataclass(frozen=True)
class DeviceLatencies:
    """What a device measured.

    Attributes:
        where: the device, in words.
        by_name: of each file, by the name that tells it from others ("int8 bias-corrected").
        by_weights: the same by the SHA-256 of its weights, where the measured file lies beside the result.
    """

    where: str
    by_name: Mapping[str, Latency]
    by_weights: Mapping[str, Latency]

    def find(self, weights_sha256: str, name: str, recipe: str) -> Latency | None:
        """The latency of a file, of one called so, or of one with the same recipe: repairs cost no time; else None."""
        of_recipe = None if recipe == _MIXED else self.by_name.get(recipe)
        return self.by_weights.get(weights_sha256) or self.by_name.get(name) or of_recipe


def read_device_latencies(path: Path) -> DeviceLatencies:
    """Reads a result of ``edge-bench run``; of several settings of one file, the fastest counts.

    A row belongs to the recipe that its file says, where the file lies beside ``path``, else to the one that its name
    says: ``int8.tflite``.

    Raises:
        DataError: it is no such file, or it has no row of the float32 file to compare with.
        ContractError: it is no JSON.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot read: {error.strerror}; name a result of edge-bench run") from error
    data = parse_json(content, str(path))
    rows = data.get("rows") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not isinstance(data.get("schema"), int) or not isinstance(data.get("host"), dict):
        raise DataError(f"{path}: it is no result of edge-bench run")
    if data["schema"] > NEWEST_SCHEMA:
        raise DataError(f"{path}: a newer edge-bench wrote it; install a newer edge-deploy-kit here")
    fastest: dict[str, dict[str, Any]] = {}
    for row in sorted(filter(_is_usable, rows), key=lambda row: float(row["latency_ms"]["p50"])):
        fastest.setdefault(row["model"], row)
    return _latencies(path, _describe_host(data["host"]), fastest)


def _latencies(path: Path, where: str, rows: Mapping[str, dict[str, Any]]) -> DeviceLatencies:
    known = {model: _identity(path.parent / model, row) for model, row in rows.items()}
    base = next((row["latency_ms"]["p50"] for model, row in rows.items() if known[model][0] == _FLOAT32), None)
    if base is None:
        raise DataError(
            f"{path}: no VALID row of a float32 file, by which others are fast or slow: make float32.tflite with "
            "--quantize float32, int8.tflite with --quantize int8, and measure both on the device"
        )
    by_name, by_weights = {}, {}
    for model, row in rows.items():
        name, weights = known[model]
        by_name[name] = _latency(row, base, where)
        if weights:
            by_weights[weights] = by_name[name]
    return DeviceLatencies(where, by_name, by_weights)


def _is_usable(row: Any) -> bool:
    """Whether a row has a median of one image at a time."""
    return (
        isinstance(row, dict)
        and row.get("status") == "VALID"
        and row.get("batch", 1) == 1
        and row.get("scenario", "single-stream") == "single-stream"
        and _is_file_name(row.get("model"))
        and type(row.get("count", 0)) is int
        and isinstance(row.get("latency_ms"), dict)
        and type(row["latency_ms"].get("p50")) in (int, float)
        and 1 / _MOST_MS <= row["latency_ms"]["p50"] <= _MOST_MS
    )


def _is_file_name(text: Any) -> bool:
    """Whether a text names a file beside the result, and nothing elsewhere."""
    return isinstance(text, str) and 0 < len(text) <= _MOST_LETTERS and text.isprintable() and Path(text).name == text


def _identity(file: Path, row: Mapping[str, Any]) -> tuple[str, str]:
    """The name of what was measured, and the SHA-256 of its weights; that is empty where the file is not at hand."""
    stem = file.stem
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != row.get("model_sha256"):
        return stem, ""
    try:
        manifest = read_model_file(file).manifest
    except EdgeDeployError:
        return stem, ""
    if manifest is None:
        return stem, ""
    name = " ".join([manifest.recipe, *manifest.quantization.get("prepared", ())])
    return (stem if manifest.recipe == _MIXED else name), manifest.weights_sha256


def _latency(row: Mapping[str, Any], base: float, where: str) -> Latency:
    p50 = float(row["latency_ms"]["p50"])
    ratio = round(p50 / base, 4)
    backend = f"{row.get('backend')}, {row.get('threads')} thread{'s' * (row.get('threads') != 1)}"
    how = f"on {where}, with edge-bench: the inference alone, {backend}"
    return Latency(round(p50, 4), ratio, (ratio, ratio), row.get("count", 0), str(row.get("delegate")), how)


def _describe_host(host: Mapping[str, Any]) -> str:
    kind = host.get("board") or host.get("cpu_model") or host.get("machine") or "a device"
    return f"{kind} ({host['name']})" if host.get("name") else str(kind)
