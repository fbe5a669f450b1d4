"""edge-bench run as its users run it: real models, real child processes, real files."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_tflite_runtime import write_tflite_runtime
from gpu import no_gpu, software_gpu
from odd_models import OPEN, write_mean_model
from PIL import Image
from shared import SHARED_DATA, needs_shared_data
from tiny_model import LABELS, solid_frame, write_tiny_model

from benchmarks.cli.command import main
from benchmarks.report.results import BenchmarkResult, Row, samples_path

BRIEF = ["--min-seconds", "0.001", "--min-count", "8", "--warm-up", "1", "--rounds", "1"]
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


@pytest.mark.slow  # the same with larger models
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
    lines = [line.split() for line in out.splitlines()[1:7]]
    assert [line[0] for line in lines] == [models[0].name, "litert", "null", models[1].name, "litert", "null"]
    assert all(line[1:3] == ["1", "1"] and line[3] in {"VALID", "noisy"} for line in lines if len(line) > 1)
    assert {line.split(":")[0] for line in err.splitlines()} == {"edge-bench"}
    interpreter, null = result.rows[:2]
    assert interpreter.agreement is not None
    assert (interpreter.agreement.same_top1, interpreter.agreement.max_difference) == (1.0, 0.0)
    assert null.agreement is None
    assert list(interpreter.parts_ms) == [
        "decode", "resize", "normalise", "copy_in", "invoke", "copy_out", "postprocess",
    ]  # fmt: skip
    memory = interpreter.memory_mb
    assert 0 < memory["imported"] < memory["loaded"] <= memory["first_inference"] <= interpreter.peak_memory_mb


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
    code, result = run(tmp_path / "r.json", str(damaged), tiny, "--backends", "litert,null")
    assert code == 1
    assert [row.status for row in result.rows] == ["FAILED"] * 2 + ["VALID"] * 2
    assert str(damaged) in str(result.rows[0].reason)
    assert result.rows[0].model_sha256 == hashlib.sha256(damaged.read_bytes()).hexdigest()
    for row in result.rows[2:]:
        check_measured(row, samples_path(tmp_path / "r.json"))
    assert result.rows[0].reason in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.tflite"], "missing.tflite: no such file"),
        (["TINY", "--backends", "keras"], "is not for the backend keras"),
        (["TINY", "--images", "EMPTY"], "no image in it"),
        (["TINY", "--reference", "nowhere.tflite"], "nowhere.tflite: no such file"),
    ],
)
def test_what_is_missing_stops_everything_before_it_is_measured(
    arguments: list[str], said: str, tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"TINY": tiny, "EMPTY": str(tmp_path / "empty")}
    (tmp_path / "empty").mkdir()
    out = tmp_path / "r.json"
    assert main(["run", *(names.get(argument, argument) for argument in arguments), *BRIEF, "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    "wrong", [["--batch", "1,x"], ["--batch", "65"], ["--scenario", "camera", "--batch", "1,2"], ["--fps", "0"]]
)
def test_nonsense_is_wrong_usage(wrong: list[str], tiny: str, tmp_path: Path) -> None:
    assert main(["run", tiny, *wrong, *BRIEF, "--out", str(tmp_path / "r.json")]) == 2


@pytest.fixture
def colors(tmp_path: Path) -> Path:
    """A folder of three images: a red, a green and a blue one."""
    folder = tmp_path / "colors"
    folder.mkdir()
    for number, color in enumerate(((250, 10, 10), (10, 250, 10), (10, 10, 250))):
        Image.fromarray(solid_frame(color)).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("right[..., [1, 2, 0]]", "wrong answers: the best class is the reference's on"),
        ("right // 2 * 2 - 12 * (right > 50)", "wrong answers: a probability differs from the reference's by"),
        ("right", None),
    ],
    ids=["classes swapped", "numbers off", "right"],
)
def test_a_fast_wrong_answer_is_invalid(
    answer: str, reason: str | None, tiny: str, colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(write_tflite_runtime(tmp_path / "site", answer=answer))
    _, result = run(tmp_path / "r.json", tiny, "--backends", "tflite-runtime", "--images", str(colors))
    (row,) = result.rows
    assert row.status == ("VALID" if reason is None else "INVALID")
    assert str(row.reason).startswith(str(reason))
    assert row.latency_ms is not None
    assert row.agreement is not None
    assert row.agreement.images == 3


def test_answers_are_compared_with_a_float_reference_on_images(colors: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(LABELS))
    reference = write_tiny_model(tmp_path / "float.tflite")
    candidate = write_tiny_model(tmp_path / "uint8.tflite", dtype="uint8")
    said = ["--labels", str(labels), "--normalization", "-1..1", "--images", str(colors)]
    _, result = run(tmp_path / "r.json", str(candidate), "--reference", str(reference), *said)
    (row,) = result.rows
    assert row.status == "VALID", row.reason
    assert row.agreement is not None
    assert (row.agreement.images, row.agreement.same_top1) == (3, 1.0)
    assert 0 < row.agreement.mean_difference <= row.agreement.max_difference < 0.02


def test_other_classes_than_the_references_are_a_failed_row(tmp_path: Path) -> None:
    reference = write_tiny_model(tmp_path / "grey.tflite", dtype="uint8", channels=1)
    _, result = run(
        tmp_path / "r.json", str(write_tiny_model(tmp_path / "m.tflite", dtype="uint8")), "--reference", str(reference)
    )
    assert "it scores 3 classes, the reference" in str(result.rows[0].reason)


def test_batches_are_offline_and_count_every_frame(tiny: str, tmp_path: Path) -> None:
    _, result = run(tmp_path / "r.json", tiny, "--batch", "1,4")
    one, four = result.rows
    assert (one.scenario, four.scenario) == ("single-stream", "offline")
    assert one.status == four.status == "VALID", four.reason
    assert four.throughput_fps == pytest.approx(4 * four.count / four.seconds)
    assert four.agreement is not None
    assert four.agreement.max_difference == 0.0
    assert four.parts_ms == {}


def test_a_camera_row_tells_age_and_drops(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, result = run(tmp_path / "r.json", tiny, "--backends", "null", "--scenario", "camera", "--fps", "200")
    (row,) = result.rows
    assert row.scenario == "camera"
    assert row.camera is not None
    assert row.camera.arrived == row.count + row.camera.dropped
    assert row.camera.age_ms is not None
    with np.load(samples_path(tmp_path / "r.json")) as kept:
        assert kept["row0_age_ns"].shape == (row.count,)
        assert (kept["row0_age_ns"] >= kept["row0_end_to_end_ns"]).all()
    assert f"{row.camera.arrived} frames at 200/s" in capsys.readouterr().out


def test_rounds_are_joined_in_the_order_they_were_measured(tiny: str, tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    assert main(["run", tiny, "--backends", "null", *BRIEF[:-2], "--rounds", "2", "--out", str(out)]) == 0
    (row,) = BenchmarkResult.load(out).rows
    assert len(row.rounds_p50_ms) == 2
    check_measured(row, samples_path(out))


def test_a_backend_that_is_not_installed_is_a_failed_row(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    absent = "raise ModuleNotFoundError(\"No module named 'tflite_runtime'\", name='tflite_runtime')"
    (tmp_path / "site" / "tflite_runtime.py").write_text(absent)
    monkeypatch.syspath_prepend(tmp_path / "site")
    code, result = run(tmp_path / "r.json", tiny, "--backends", "tflite-runtime")
    assert code == 1
    assert "tflite-runtime" in str(result.rows[0].reason)


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
    limits = ["--min-seconds", "0.01", "--max-seconds", "0.02", "--min-count", "1000000", "--rounds", "1"]
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
        "import sys\nfrom benchmarks.cli.command import main\n"
        f"try:\n    main(['{command}', '--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"example:\n  edge-bench {command}" in done.stdout
    heavy = {"tensorflow", "keras", "jax", "scipy", "sklearn", "matplotlib", "jinja2", "cv2", "ai_edge_litert"}
    assert not heavy & set(done.stderr.split())


def test_what_is_guessed_of_a_model_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_mean_model(tmp_path / "m.tflite", (1, OPEN, OPEN, 3), (1, 2), activation=True, after="relu")
    options = ["--normalization", "0..1", "--image-size", "8x12", "--batch", "1,2"]
    code, result = run(tmp_path / "r.json", str(model), *options)
    assert code == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "each option overrules" in line]
    assert line.startswith(
        f"edge-bench: {model}: it does not say all, so taken for: --color rgb; --resize squash; --act"
    )
    assert result.settings.options.image_size == "8x12"
