"""Latencies that a device measured: which row belongs to which file, and what is no such result."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tiny_model import write_tiny_model

from converter.errors import DataError
from converter.judge import read_device_latencies

HOST = {"name": "pi", "board": "Raspberry Pi 4 Model B Rev 1.4", "cpu_model": "Cortex-A72", "machine": "aarch64"}


def row(model: str, p50: float | None, **more: Any) -> dict[str, Any]:
    summary = None if p50 is None else {"p50": p50}
    facts = {"backend": "litert", "threads": 1, "batch": 1, "scenario": "single-stream", "count": 100}
    return {"model": model, "model_sha256": "0" * 64, "status": "VALID", "latency_ms": summary, **facts, **more}


def write(path: Path, *rows: dict[str, Any], **more: Any) -> Path:
    path.write_text(json.dumps({"schema": 2, "host": HOST, "rows": rows, **more}))
    return path


def test_ratios_are_to_float32_and_the_fastest_setting_of_a_file_counts(tmp_path: Path) -> None:
    rows = [row("float32.tflite", 80.0), row("float32.tflite", 40.0, threads=4), row("int8.tflite", 10.0),
            row("int8.tflite", 1.0, status="INVALID"), row("int8.tflite", 1.0, batch=8),
            row("int8.tflite", 1.0, scenario="camera"), row("dynamic.tflite", None)]  # fmt: skip
    found = read_device_latencies(write(tmp_path / "r.json", *rows))
    int8 = found.find("f" * 64, "int8", "int8")
    assert int8 is not None
    assert (int8.p50, int8.ratio, int8.ratio_interval) == (10.0, 0.25, (0.25, 0.25))
    assert found.where == "Raspberry Pi 4 Model B Rev 1.4 (pi)"
    assert found.where in int8.how
    assert found.find("f" * 64, "dynamic", "dynamic") is None


def test_a_repaired_file_is_as_fast_as_its_recipe_and_a_mixed_one_is_itself_alone(tmp_path: Path) -> None:
    rows = [row("float32.tflite", 40.0), row("int8.tflite", 10.0), row("mixed.tflite", 20.0)]
    found = read_device_latencies(write(tmp_path / "r.json", *rows))
    assert found.find("", "int8 bias-corrected", "int8") == found.find("", "int8", "int8")
    assert found.find("", "mixed (2 layers float)", "mixed") is None


def test_a_file_beside_the_result_says_itself_what_it_is(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "model.tflite")
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    measured = row("model.tflite", 10.0, model_sha256=sha256)
    with pytest.raises(DataError, match=r"no VALID row of a float32 file.*make float32\.tflite"):
        read_device_latencies(write(tmp_path / "r.json", measured))
    found = read_device_latencies(write(tmp_path / "r.json", measured, row("float32.tflite", 20.0)))
    assert found.by_name["model"].ratio == 0.5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"r\.json"),
        ("[]", "no result of edge-bench run"),
        ('{"rows": [], "schema": 1}', "no result of edge-bench run"),
        ('{"rows": [], "schema": 4, "host": {}}', "a newer edge-bench wrote it"),
        ('{"rows": [1, {"model": 3}], "schema": 2, "host": {}}', "no VALID row of a float32 file"),
    ],
)
def test_what_is_no_result_is_one_clear_line(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(content)
    with pytest.raises(Exception, match=message) as caught:
        read_device_latencies(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).replace(str(tmp_path), "")) < 300
    with pytest.raises(DataError, match="cannot read"):
        read_device_latencies(tmp_path / "gone.json")
