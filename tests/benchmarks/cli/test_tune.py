"""edge-bench tune as its users run it, and edge-run after it."""

import dataclasses
import hashlib
import os
from pathlib import Path

import pytest
from fake_tflite_runtime import write_tflite_runtime
from gpu import no_gpu
from tiny_model import write_tiny_model

from benchmarks.cli.command import main
from benchmarks.measure.protocol import ColdStart
from benchmarks.report.results import Row
from benchmarks.runs.tune import fastest_settings
from benchmarks.stats.summary import Summary
from edge_runtime import Classifier
from edge_runtime.inference.tuning import Tuning, tuning_path

BRIEF = ["--min-seconds", "0.001", "--min-count", "8", "--warm-up", "1", "--rounds", "1"]


@pytest.fixture(autouse=True)
def config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", no_gpu()["VK_DRIVER_FILES"])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")


@pytest.fixture
def slow_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = write_tflite_runtime(tmp_path / "site", slower_by=0.02)
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one number of threads is measured."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0})


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def valid_row(p50: float | None, **other: object) -> Row:
    summary = Summary(p50, None, None, 9.0, 0.1)
    return Row(
        model="m.tflite", model_sha256="ab" * 32, backend="litert", status="VALID", latency_ms=summary,
        end_to_end_ms=summary, throughput_fps=1.0, cold_start_ms=ColdStart.from_parts(1, 1, 1, 1), **other,
    )  # fmt: skip


def test_the_least_median_of_the_valid_rows_is_chosen() -> None:
    invalid = dataclasses.replace(valid_row(0.5, threads=8), status="INVALID", reason="too few")
    rows = [valid_row(None, threads=16), valid_row(3.0, threads=1), invalid, valid_row(2.0, threads=2)]
    (chosen,) = fastest_settings([*rows, valid_row(2.0, threads=4)]).values()
    assert (chosen.threads, chosen.end_to_end_p50_ms) == (2, 2.0)
    assert fastest_settings([invalid]) == {}


@pytest.mark.slow  # runs/test_tune.py chooses from rows
def test_the_faster_backend_is_stored_and_used(
    tiny: Path, slow_interpreter: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", str(tiny), *BRIEF]) == 0
    out = capsys.readouterr().out
    measured = [line.split()[:2] for line in out.splitlines() if " VALID " in line or " noisy " in line]
    threads = [str(count) for count in (1, 2, 4) if count <= len(os.sched_getaffinity(0))]
    backends = ("litert", "tflite-runtime", "litert-compiled")
    assert measured == [[name, count] for name in backends for count in threads]
    assert "INVALID: tiny.tflite, litert-gpu, threads 1: no GPU" in out
    (setting,) = Tuning.load(tuning_path()).models.values()
    assert setting.backend in {"litert", "litert-compiled"}
    assert setting.end_to_end_p50_ms < 20
    stored = (
        f"{setting.backend}, threads {setting.threads}, {setting.end_to_end_p50_ms:.3f} ms; stored in {tuning_path()}"
    )
    assert f"tiny.tflite: {stored}" in out.splitlines()
    with Classifier(tiny) as classifier:
        assert (classifier.backend_info.name, classifier.backend_info.threads) == (
            setting.backend,
            setting.threads,
        )


@pytest.mark.slow  # measures four times
def test_other_models_keep_their_entries_and_a_new_run_replaces_its_own(
    tiny: Path, one_core: None, tmp_path: Path
) -> None:
    other = write_tiny_model(tmp_path / "other.tflite", dtype="uint8", activation="sigmoid")
    assert main(["tune", str(tiny), *BRIEF]) == 0
    first = Tuning.load(tuning_path()).models[sha256(tiny)]
    assert main(["tune", str(other), *BRIEF]) == 0
    models = Tuning.load(tuning_path()).models
    assert set(models) == {sha256(tiny), sha256(other)}
    assert models[sha256(tiny)] == first
    renamed = tiny.rename(tmp_path / "renamed.tflite")
    assert main(["tune", str(renamed), *BRIEF]) == 0
    models = Tuning.load(tuning_path()).models
    assert {setting.model for setting in models.values()} == {"renamed.tflite", "other.tflite"}


def test_a_model_that_fails_is_named_and_the_others_are_stored(
    tiny: Path, one_core: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(b"no model")
    assert main(["tune", str(damaged), str(tiny), *BRIEF]) == 1
    out, err = capsys.readouterr()
    assert f"{damaged}: damaged" in out or str(damaged) in out
    assert "damaged.tflite: no VALID row, so nothing was stored for it" in err.splitlines()[-1]
    assert set(Tuning.load(tuning_path()).models) == {sha256(tiny)}


def test_nothing_is_stored_where_nothing_is_valid(tmp_path: Path) -> None:
    assert main(["tune", str(tmp_path / "missing.tflite"), *BRIEF]) == 1
    assert not tuning_path().exists()


def test_a_damaged_tuning_is_refused_before_measuring_and_kept(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tuning_path().parent.mkdir(parents=True)
    tuning_path().write_text("{")
    assert main(["tune", str(tiny), *BRIEF]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert f"{tuning_path()}: not valid JSON" in line
    assert "fix or delete the file" in line
    assert tuning_path().read_text() == "{"


def test_a_tuning_that_cannot_be_written_is_refused_before_measuring(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("a file")
    assert main(["tune", str(tiny), *BRIEF]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{tuning_path()}: cannot write" in err


def test_impossible_limits_are_wrong_usage(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", str(tiny), "--min-count", "1"]) == 2
    assert "min_count 1" in capsys.readouterr().err
