"""A worker that dies, hangs or talks nonsense is one failed row with a reason."""

import subprocess
import sys
from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from benchmarks.errors import BenchmarkError
from benchmarks.measure import child
from benchmarks.measure.protocol import WorkRequest
from benchmarks.runs.runner import run_benchmark
from benchmarks.settings import HarnessSettings, RunSettings

PYTHON = sys.executable
BRIEF = HarnessSettings(min_seconds=0.001, min_count=2, max_seconds=0.03)


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the interpreter that runs the worker; tests write its body."""
    path = tmp_path / "python"
    path.touch(0o755)
    monkeypatch.setattr(sys, "executable", str(path))
    return path


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("kill -SEGV $$", "the worker was ended by SIGSEGV: it said nothing"),
        ("echo one >&2; echo MemoryError: two >&2; exit 7", "the worker ended with exit code 7: MemoryError: two"),
        ("echo surprise", "message: not valid JSON"),
        ("echo '{\"error\": null}'", "an answer is one of measured, scored and error"),
    ],
)
def test_what_ends_a_worker_is_the_reason_of_its_row(body: str, reason: str, worker: Path) -> None:
    worker.write_text(f"#!/bin/sh\n{body}\n")
    models = tuple(str(write_tiny_model(worker.with_name(name))) for name in ("m.tflite", "n.tflite"))
    result, samples = run_benchmark(RunSettings(models, harness=BRIEF), "r.npz")
    assert [row.status for row in result.rows] == ["FAILED", "FAILED"]
    assert all(reason in str(row.reason) for row in result.rows)
    assert samples == {}


def test_a_worker_that_hangs_is_stopped(worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.write_text(f"#!{PYTHON}\nimport time\ntime.sleep(60)\n")
    monkeypatch.setattr(child, "_GRACE_SECONDS", 0.05)
    with pytest.raises(BenchmarkError, match=r"did not end within 0\.08 s"):
        child.run_worker(WorkRequest("m.tflite", "null", 1, 0, harness=BRIEF))


@pytest.mark.slow  # test_run.py has rows that fail
def test_a_python_that_cannot_be_started_is_a_failed_row_and_the_others_are_measured(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    no_program = tmp_path / "notes.txt"
    no_program.write_text("no program")
    for python, reason in ((tmp_path / "missing", "No such file or directory"), (no_program, "Permission denied")):
        settings = RunSettings((str(model),), ("litert", "null"), harness=BRIEF, pythons={"litert": str(python)})
        result, _ = run_benchmark(settings, "r.npz")
        assert [row.status for row in result.rows] == ["FAILED", "VALID"]
        assert result.rows[0].reason == f"{python}: cannot start it: {reason}"


def test_a_python_without_this_project_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    model = str(write_tiny_model(tmp_path / "m.tflite"))
    settings = RunSettings((model,), harness=BRIEF, pythons={"litert": str(tmp_path / "bare" / "bin" / "python")})
    monkeypatch.delenv("PYTHONPATH", raising=False)
    result, _ = run_benchmark(settings, "r.npz")
    assert "No module named 'benchmarks'" in str(result.rows[0].reason)
