"""The result file: what is written can be read, and nothing else can."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.host.environment import read_condition, read_host
from benchmarks.measure.frames import FRAME
from benchmarks.measure.protocol import ColdStart, WorkAnswer, WorkRequest, read_answer, read_request, to_line
from benchmarks.report.results import DEFINITIONS, BenchmarkResult, Row, samples_path, write_result
from benchmarks.report.table import render_table
from benchmarks.settings import HarnessSettings, RunSettings
from benchmarks.stats.summary import Interval, Summary
from edge_runtime.console.files import OutputError
from edge_runtime.contracts.errors import ContractError
from edge_runtime.model import UserSays

VALID = Row(
    model="m.tflite",
    model_sha256="ab" * 32,
    backend="litert",
    backend_version="2.3.0",
    threads=2,
    status="VALID",
    cold_start_ms=ColdStart.from_parts(20.0, 150.0, 60.0, 8.0),
    latency_ms=Summary(6.7, 6.8, None, 6.75, 0.1, Interval(6.6, 6.9)),
    end_to_end_ms=Summary(7.0, 7.1, None, 7.05, 0.1),
    throughput_fps=142.0,
    peak_memory_mb=84.3,
    delegate="xnnpack",
    count=71,
    seconds=0.5,
    samples="row0",
)
FAILED = Row(
    model="d.tflite", model_sha256=None, backend="null", threads=1, status="FAILED", reason="d.tflite: no TFL3 file"
)


def result(*rows: Row) -> BenchmarkResult:
    return BenchmarkResult(
        created_utc="2026-11-23T21:00:00+00:00",
        settings=RunSettings(("m.tflite",), options=UserSays(normalization="0..1")),
        frame=FRAME,
        host=read_host(),
        before=read_condition(),
        after=read_condition(),
        rows=rows,
        samples_file="r.samples.npz",
        definitions=DEFINITIONS,
    )


def test_a_result_survives_the_file(tmp_path: Path) -> None:
    written = result(VALID, FAILED)
    out = tmp_path / "deep" / "r.json"
    samples = {"row0_latency_ns": np.array([3, 1, 2]), "row0_end_to_end_ns": np.array([4, 2, 3])}
    write_result(written, samples, out)
    assert BenchmarkResult.load(out) == written
    with np.load(samples_path(out)) as kept:
        assert {name: kept[name].tolist() for name in kept} == {name: array.tolist() for name, array in samples.items()}
    assert sorted(path.name for path in out.parent.iterdir()) == ["r.json", "r.samples.npz"]


def test_a_row_has_the_keys_that_scripts_rely_on(tmp_path: Path) -> None:
    row = json.loads(result(VALID).to_json())["rows"][0]
    assert list(row) == [
        "model",
        "model_sha256",
        "weights_sha256",
        "backend",
        "backend_version",
        "device",
        "device_name",
        "threads",
        "batch",
        "scenario",
        "status",
        "reason",
        "noise",
        "cold_start_ms",
        "latency_ms",
        "end_to_end_ms",
        "throughput_fps",
        "camera",
        "parts_ms",
        "agreement",
        "accuracy",
        "size_mb",
        "peak_memory_mb",
        "memory_mb",
        "energy_mj",
        "delegate",
        "rounds_p50_ms",
        "rounds_count",
        "outliers",
        "drift",
        "cpu_share",
        "count",
        "seconds",
        "samples",
    ]
    assert row["cold_start_ms"] == {
        "interpreter_start": 20.0,
        "imports": 150.0,
        "load": 60.0,
        "first_inference": 8.0,
        "total": 238.0,
    }
    figures = {"p50": 6.7, "p90": 6.8, "p99": None, "mean": 6.75, "std": 0.1}
    intervals = {"p50_interval": {"low": 6.6, "high": 6.9}, "p90_interval": None, "p99_interval": None}
    assert row["latency_ms"] == {**figures, **intervals}


def spoil(data: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split("/")
    for name in parents:
        data = data[int(name)] if isinstance(data, list) else data[name]
    if value is None:
        del data[last]
    else:
        data[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", 99, "made by a newer edge-deploy-kit"),
        ("surprise", 1, "unknown key 'surprise'"),
        ("host", None, "key 'host' is missing"),
        ("rows/0/count", 1.5, r"rows\[0\]: count: expected int"),
        ("rows/0/status", "GOOD", r"rows\[0\]: status: 'GOOD' is not one of VALID, INVALID, FAILED"),
        ("rows/0/reason", "slow", r"rows\[0\]: reason"),
        ("rows/0/latency_ms", None, r"rows\[0\]: latency_ms, .*a VALID row has them all"),
        ("rows/1/throughput_fps", 3.0, r"rows\[1\]: .*a FAILED row has none"),
        ("settings/harness/min_count", 0, "min_count 0"),
    ],
)
def test_a_file_that_is_not_what_was_written_is_refused(path: str, value: object, message: str, tmp_path: Path) -> None:
    data = json.loads(result(VALID, FAILED).to_json())
    spoil(data, path, value)
    file = tmp_path / "r.json"
    file.write_text(json.dumps(data))
    with pytest.raises(ContractError, match=message) as caught:
        BenchmarkResult.load(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"nowhere\.json: cannot read"):
        BenchmarkResult.load(tmp_path / "nowhere.json")


def test_a_failed_write_leaves_the_old_result_alone(tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    write_result(result(FAILED), {}, out)
    old = out.read_text()
    samples_path(out).unlink()
    samples_path(out).mkdir()
    with pytest.raises(OutputError, match=r"r\.samples\.npz: cannot write"):
        write_result(result(VALID), {}, out)
    assert out.read_text() == old


def test_messages_to_and_from_the_worker_survive_their_line() -> None:
    request = WorkRequest(
        "m.tflite", "null", 2, 123, options=UserSays(labels="l.txt"), harness=HarnessSettings(warm_up=3)
    )
    assert read_request(to_line(request)) == request
    assert "\n" not in to_line(request)
    for answer in (WorkAnswer(error="m.tflite: gone"), WorkAnswer(scored=True)):
        assert read_answer(to_line(answer)) == answer
    with pytest.raises(ContractError, match="one of measured, scored and error"):
        WorkAnswer()


def test_the_table_shows_each_row_and_why_one_is_not_valid() -> None:
    invalid = dataclasses.replace(VALID, status="INVALID", reason="71 samples within 60 s; 200 are needed", threads=4)
    noisy = dataclasses.replace(VALID, batch=8, noise=("the medians of 3 rounds lie within a factor of 1.40",))
    lines = render_table((VALID, invalid, noisy, FAILED)).splitlines()
    assert max(map(len, lines[:7])) <= 80
    assert " ".join(lines[0].split()) == "thr bat status p50 p99 all p50 all p99 frames/s MB"
    figures = "6.700 - 7.000 - 142.0 84"
    assert [" ".join(line.split()) for line in lines[1:7]] == [
        "m.tflite",
        f"litert 2 1 VALID {figures}",
        f"litert 4 1 INVALID {figures}",
        f"litert 2 8 noisy {figures}",
        "d.tflite",
        "null 1 1 FAILED - - - - - -",
    ]
    assert lines[9:] == [
        "INVALID: m.tflite, litert, threads 4: 71 samples within 60 s; 200 are needed",
        f"noisy: m.tflite, litert, threads 2, batch 8: {noisy.noise[0]}; measure again on an idle machine",
        "FAILED: d.tflite, null, threads 1: d.tflite: no TFL3 file",
    ]
