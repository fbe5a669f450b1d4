"""edge-bench run with rows that another environment measures: tflite-runtime 2.14 beside ai-edge-litert."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from environments import environment_python
from tiny_model import write_tiny_model

from benchmarks.cli.command import main
from benchmarks.report.results import BenchmarkResult, samples_path

BRIEF = ["--min-seconds", "0.01", "--min-count", "20", "--warm-up", "1"]

pytestmark = pytest.mark.device


@pytest.fixture(scope="module")
def tflite_runtime_python() -> str:
    return environment_python("tflite-runtime")


@pytest.mark.slow  # makes an environment
def test_both_interpreters_stand_in_one_result(
    tflite_runtime_python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    out = tmp_path / "r.json"
    other = ["--python", f"tflite-runtime={tflite_runtime_python}"]
    assert main(["run", str(model), "--backends", "litert,tflite-runtime", *other, *BRIEF, "--out", str(out)]) == 0
    result = BenchmarkResult.load(out)
    assert [(row.backend, row.backend_version, row.status) for row in result.rows] == [
        ("litert", version("ai-edge-litert"), "VALID"),
        ("tflite-runtime", "2.14.0", "VALID"),
    ]
    assert result.settings.pythons == {"tflite-runtime": tflite_runtime_python}
    with np.load(samples_path(out)) as samples:
        assert {samples[name].shape for name in samples} == {(row.count,) for row in result.rows}
