"""edge-bench run with the float Keras model itself, beside what was converted from it."""

import shutil
from pathlib import Path

import pytest

from benchmarks.cli.command import main
from benchmarks.report.results import BenchmarkResult

pytestmark = pytest.mark.tensorflow

BRIEF = ["--min-seconds", "0.001", "--min-count", "8", "--warm-up", "1", "--rounds", "1"]


@pytest.mark.slow  # starts TensorFlow five times
def test_a_run_folder_is_measured_compiled_in_batches_and_is_the_reference(small_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    asked = [str(small_run), "--backends", "keras", "--threads", "1,2", "--batch", "3", "--reference", str(small_run)]
    assert main(["run", *asked, *BRIEF, "--out", str(out)]) == 0
    rows = BenchmarkResult.load(out).rows
    assert [(row.model, row.backend, row.batch) for row in rows] == [("model.keras", "keras", 3)]
    for row in rows:  # once a batch: Keras chooses its threads itself
        assert row.status == "VALID", row.reason
        assert (row.device, row.delegate, row.cpu_share) == ("cpu", "tf.function", None)
        assert "tensorflow" in str(row.backend_version)
        assert row.agreement is not None
        assert row.agreement.max_difference < 1e-5
        assert row.agreement.same_top1 == 1.0


@pytest.mark.slow  # cli/test_run.py does it with a .tflite
def test_a_keras_file_alone_needs_its_normalization(small_run: Path, tmp_path: Path) -> None:
    model = tmp_path / "alone.keras"
    shutil.copy(small_run / "model.keras", model)
    out = tmp_path / "r.json"
    assert main(["run", str(model), "--backends", "keras", *BRIEF, "--out", str(out)]) == 1
    assert "give --normalization" in str(BenchmarkResult.load(out).rows[0].reason)
