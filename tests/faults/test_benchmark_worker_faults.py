"""A worker that dies, hangs or talks nonsense is one failed row with a reason."""

import sys
from pathlib import Path

import pytest

from benchmarks import child
from benchmarks.errors import BenchmarkError
from benchmarks.protocol import WorkRequest
from benchmarks.runner import run_benchmark
from benchmarks.settings import HarnessSettings, RunSettings

BRIEF = HarnessSettings(min_seconds=0.001, min_count=2, max_seconds=0.01)


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
        ("echo '{\"error\": null}'", "an answer is either measured or error"),
    ],
)
def test_what_ends_a_worker_is_the_reason_of_its_row(body: str, reason: str, worker: Path) -> None:
    worker.write_text(f"#!/bin/sh\n{body}\n")
    result, samples = run_benchmark(RunSettings(("m.tflite", "n.tflite"), harness=BRIEF), "r.npz")
    assert [row.status for row in result.rows] == ["FAILED", "FAILED"]
    assert all(reason in str(row.reason) for row in result.rows)
    assert samples == {}


def test_a_worker_that_hangs_is_stopped(worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(child, "_GRACE_SECONDS", 0.05)
    with pytest.raises(BenchmarkError, match=r"did not end within 0\.06 s"):
        child.run_worker(WorkRequest("m.tflite", "null", 1, 0, harness=BRIEF))
