"""edge-bench run as its users run it: real models, real child processes, real files."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gpu import no_gpu, software_gpu
from shared import SHARED_DATA, needs_shared_data
from tiny_model import write_tiny_model

from benchmarks.cli import main
from benchmarks.results import BenchmarkResult, Row, samples_path

BRIEF = ["--min-seconds", "0.001", "--min-count", "8", "--warm-up", "1"]
MODELS = SHARED_DATA / "tflite"


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    return str(write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8"))


def run(out: Path, *arguments: str) -> tuple[int, BenchmarkResult]:
    code = main(["run", *arguments, *BRIEF, "--out", str(out)])
    return code, BenchmarkResult.load(out)


def check_measured(row: Row, samples: Path) -> None:
    """What every measured row says, and that its samples say the same."""
    assert row.model_sha256 is not None
    assert row.cold_start_ms is not None
    assert row.latency_ms is not None
    assert row.end_to_end_ms is not None
    parts = (row.cold_start_ms.interpreter_start, row.cold_start_ms.imports, row.cold_start_ms.load)
    assert min(*parts, row.cold_start_ms.first_inference) > 0
    assert row.cold_start_ms.total == pytest.approx(sum(parts) + row.cold_start_ms.first_inference)
    assert (row.device, row.batch) == ("cpu", 1)
    assert row.peak_memory_mb > 20
    assert row.count >= 8
    assert row.throughput_fps == pytest.approx(row.count / row.seconds)
    with np.load(samples) as kept:
        latency, end_to_end = kept[f"{row.samples}_latency_ns"], kept[f"{row.samples}_end_to_end_ns"]
    assert latency.shape == end_to_end.shape == (row.count,)
    assert (latency <= end_to_end).all()
    assert np.median(latency) / 1e6 == pytest.approx(row.latency_ms.p50)
    assert np.median(end_to_end) / 1e6 == pytest.approx(row.end_to_end_ms.p50)
    assert end_to_end.sum() / 1e9 <= row.seconds


@needs_shared_data
def test_third_party_models_on_two_backends_give_full_rows(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    models = [MODELS / "mobilenet_v2_1.0_224_uint8.tflite", MODELS / "vww_96_int8.tflite"]
    code, result = run(tmp_path / "r.json", *map(str, models), "--backends", "litert,null")
    assert code == 0
    assert [(row.model, row.backend) for row in result.rows] == [
        (model.name, backend) for model in models for backend in ("litert", "null")
    ]
    for row in result.rows:
        assert row.status == "VALID", row.reason
        check_measured(row, samples_path(tmp_path / "r.json"))
        assert row.model_sha256 == hashlib.sha256((MODELS / row.model).read_bytes()).hexdigest()
    assert [row.delegate for row in result.rows] == ["xnnpack", "none"] * 2
    assert result.rows[0].backend_version == result.host.versions["ai-edge-litert"]
    out, err = capfd.readouterr()
    assert [line.split()[:4] for line in out.splitlines()[1:5]] == [
        [row.model, row.backend, "1", "VALID"] for row in result.rows
    ]
    assert [line.split(":")[0] for line in err.splitlines()] == ["edge-bench"] * 4


@needs_shared_data
def test_a_float_model_needs_its_normalization(tmp_path: Path) -> None:
    model = str(MODELS / "vww_96_float.tflite")
    code, result = run(tmp_path / "a.json", model)
    assert code == 1
    assert "--normalization" in str(result.rows[0].reason)
    code, result = run(tmp_path / "b.json", model, "--normalization", "0..1")
    assert code == 0
    assert result.settings.options.normalization == "0..1"


def test_rows_that_fail_say_why_and_the_others_are_measured(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(Path(tiny).read_bytes()[:200])
    missing = tmp_path / "missing.tflite"
    code, result = run(tmp_path / "r.json", str(damaged), str(missing), tiny, "--backends", "litert,null")
    assert code == 1
    assert [row.status for row in result.rows] == ["FAILED"] * 4 + ["VALID"] * 2
    assert str(damaged) in str(result.rows[0].reason)
    assert result.rows[0].model_sha256 == hashlib.sha256(damaged.read_bytes()).hexdigest()
    assert "missing.tflite: cannot read" in str(result.rows[2].reason)
    assert result.rows[2].model_sha256 is None
    for row in result.rows[4:]:
        check_measured(row, samples_path(tmp_path / "r.json"))
    assert result.rows[2].reason in capsys.readouterr().out


def test_a_backend_that_is_not_installed_is_a_failed_row(tiny: str, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    try:
        import tflite_runtime  # noqa: F401
    except ImportError:
        code, result = run(tmp_path / "r.json", tiny, "--backends", "tflite-runtime")
        assert code == 1
        assert "tflite-runtime" in str(result.rows[0].reason)
    else:
        pytest.skip("tflite-runtime is installed here")


def test_a_gpu_that_did_not_engage_is_said_and_nothing_else_is_measured(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", no_gpu()["VK_DRIVER_FILES"])
    code, result = run(tmp_path / "r.json", tiny, "--backends", "litert-gpu")
    (row,) = result.rows
    assert (code, row.status, row.device, row.latency_ms) == (0, "INVALID", "cpu", None)
    assert "no GPU" in str(row.reason)
    assert str(row.reason) in capsys.readouterr().out


def test_a_gpu_row_names_its_gpu(tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", software_gpu()["VK_DRIVER_FILES"])
    _, result = run(tmp_path / "r.json", tiny, "--backends", "litert-gpu")
    (row,) = result.rows
    assert (row.status, row.device) == ("VALID", "gpu"), row.reason
    assert "SwiftShader" in str(row.device_name)


def test_a_row_that_misses_a_minimum_is_invalid_and_keeps_its_samples(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.json"
    limits = ["--min-seconds", "0.01", "--max-seconds", "0.02", "--min-count", "1000000"]
    assert main(["run", tiny, "--backends", "null", *limits, "--out", str(out)]) == 0
    (row,) = BenchmarkResult.load(out).rows
    assert row.status == "INVALID"
    assert row.reason == f"{row.count} samples within 0.02 s; 1000000 are needed"
    check_measured(row, samples_path(out))
    assert "INVALID" in capsys.readouterr().out


def test_threads_and_models_are_all_combined(tiny: str, tmp_path: Path) -> None:
    _, result = run(tmp_path / "r.json", tiny, "--backends", "null", "--threads", "1,2")
    assert [row.threads for row in result.rows] == [1, 2]
    assert [row.samples for row in result.rows] == ["row0", "row1"]


def test_peak_memory_is_the_childs_own(tiny: str, tmp_path: Path) -> None:
    ballast = bytearray(400 << 20)
    _, result = run(tmp_path / "r.json", tiny, "--backends", "null")
    assert result.rows[0].peak_memory_mb < len(ballast) / 1e6 / 2


@pytest.mark.parametrize("name", ["file.txt/r.json", "folder.json"])
def test_an_output_that_cannot_be_written_is_refused_before_measuring(
    name: str, tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file.txt").write_text("")
    (tmp_path / "folder.json").mkdir()
    assert main(["run", tiny, "--out", str(tmp_path / name)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert f"{tmp_path / name}: cannot write" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "two"], "--threads two"),
        (["--threads", "0"], "threads 0"),
        (["--threads", "1,1"], "stands twice"),
        (["--backends", "litert,tpu"], "no 'tpu'; there are litert"),
        (["--python", "litert"], "--python litert: expected BACKEND=PATH"),
        (
            ["--python", "litert=a", "--python", "litert=b"],
            "--python litert=b: expected BACKEND=PATH, each backend once",
        ),
        (["--python", "tpu=python3"], "tpu is not among the backends"),
        (["--min-count", "1"], "min_count 1"),
        (["--min-seconds", "9", "--max-seconds", "3"], "max_seconds 3"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "m.tflite", "--out", str(tmp_path / "r.json"), *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--log-level", "error", "run"], ["run", "--log-level", "error"]])
def test_the_log_level_counts_before_and_after_the_subcommand(
    arguments: list[str], tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "r.json")
    assert main([*arguments, tiny, "--backends", "null", *BRIEF, "--out", out]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["run", "compare", "tune"])
def test_help_loads_nothing_heavy(command: str) -> None:
    code = (
        "import sys\nfrom benchmarks.cli import main\n"
        f"try:\n    main(['{command}', '--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"example:\n  edge-bench {command}" in done.stdout
    heavy = {"tensorflow", "keras", "jax", "scipy", "sklearn", "matplotlib", "jinja2", "cv2", "ai_edge_litert"}
    assert not heavy & set(done.stderr.split())
