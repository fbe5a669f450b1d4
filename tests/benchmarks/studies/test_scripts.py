"""Against a bare loop, from process start, and a whole conversion."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from shared import SHARED_DATA, needs_shared_data
from tiny_model import write_tiny_model

from benchmarks.studies import bare_loop, cold_start
from edge_runtime.console.child_process import child_command

ROOT = Path(__file__).parents[3]
MODELS = SHARED_DATA / "tflite"

IMPORT_REPORT = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   _io
import time:      2000 |       2100 | numpy._core
import time:       500 |       2600 |   numpy
import time:       750 |        750 |     edge_runtime.contracts.errors
import time:       250 |       1000 |   edge_runtime
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
import time:        40 |         40 | PIL.Image
"""


def run_cold_start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, since this one is too large to tell the peak memory of its children."""
    command = child_command("benchmarks.studies.cold_start:main", *arguments)
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@needs_shared_data
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--model", str(MODELS / "mobilenet_v1_0.25_224_float_metadata.tflite")],
        ["--model", str(MODELS / "vww_96_int8.tflite")],
    ],
    ids=["uint8", "float32", "int8"],
)
def test_the_bare_loop_is_compared_and_all_samples_kept(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "bare.json"
    assert bare_loop.main([*arguments, "--rounds", "2", "--pairs", "5", "--out", str(out)]) == 0
    record = json.loads(out.read_text())
    assert [(len(part["base"]), len(part["other"])) for part in record["samples_ns"]] == [(5, 5), (5, 5)]
    ratio = record["ratio_of_medians"]
    assert ratio["low"] <= ratio["ratio"] <= ratio["high"]
    medians = [
        [np.percentile(part[name], 50, method="median_unbiased") for name in ("base", "other")]
        for part in record["samples_ns"]
    ]
    assert ratio["ratio"] == pytest.approx(np.sqrt(np.prod([other / base for base, other in medians])))
    assert f"ratio {ratio['ratio']:.4f}" in capsys.readouterr().out


def test_the_bare_loop_refuses_what_it_does_not_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    assert bare_loop.main(["--model", str(model), "--resize", "letterbox", "--rounds", "1"]) == 1
    assert "not letterbox" in capsys.readouterr().err


@pytest.mark.parametrize("script", [bare_loop, cold_start])
def test_missing_data_is_named_with_the_option_that_fixes_it(
    script: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(["--data-dir", str(tmp_path)]) == 1
    assert f"{tmp_path}/tflite/mobilenet_v2_1.0_224_uint8.tflite: no such file" in (err := capsys.readouterr().err)
    assert "--data-dir" in err


@pytest.mark.parametrize(
    ("script", "option"), [(bare_loop, "--pairs"), (bare_loop, "--rounds"), (cold_start, "--runs")]
)
def test_nothing_to_measure_is_wrong_usage(script: object, option: str) -> None:
    assert script.main([option, "0"]) == 2


@needs_shared_data
def test_a_cold_start_is_measured_from_outside_and_split(tmp_path: Path) -> None:
    out = tmp_path / "cold.json"
    done = run_cold_start("--runs", "2", "--out", str(out))
    assert done.returncode == 0, done.stderr
    record = json.loads(out.read_text())
    assert (len(record["runs"]), len(record["probes"])) == (2, 2)
    medians = record["medians"]
    parts = ("interpreter_start_ms", "imports_ms", "load_ms", "decode_ms", "inference_ms")
    assert sum(medians[part] for part in parts) == pytest.approx(medians["total_ms"])
    assert medians["peak_memory_mb"] > 30
    assert {"edge_runtime", "numpy", "PIL", "ai_edge_litert"} <= set(record["imports_ms_by_package"])
    assert done.stdout.startswith("mobilenet_v2_1.0_224_uint8.tflite, parrot.jpg: process start to first prediction ")


@needs_shared_data
@pytest.mark.parametrize(("limit", "code"), [("0.01", 1), ("1e6", 0)])
def test_a_ratio_above_its_limit_fails_after_all_is_kept(
    limit: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bare.json"
    said = ["--color", "rgb", "--resize", "squash"]  # so that no guess is a line on stderr
    assert bare_loop.main([*said, "--rounds", "1", "--pairs", "5", "--at-most", limit, "--out", str(out)]) == code
    ratio = json.loads(out.read_text())["ratio_of_medians"]["ratio"]
    printed, err = capsys.readouterr()
    assert f"ratio {ratio:.4f}" in printed
    line = f"python -m benchmarks.studies.bare_loop: ratio: {ratio:.6g} is above --at-most 0.01"
    assert err.splitlines() == ([line] if code else [])


@needs_shared_data
@pytest.mark.parametrize(
    ("at_most_ms", "at_most_mb", "above"),
    [
        ("1e6", "1e6", []),
        ("0.01", "1e6", [("ms to the first prediction", "total_ms", "--at-most-ms")]),
        ("1e6", "0.01", [("MB of peak memory", "peak_memory_mb", "--at-most-mb")]),
        (
            "0.01",
            "0.01",
            [
                ("ms to the first prediction", "total_ms", "--at-most-ms"),
                ("MB of peak memory", "peak_memory_mb", "--at-most-mb"),
            ],
        ),
    ],
)
def test_a_cold_start_above_a_limit_fails_with_one_line_that_names_it(
    at_most_ms: str, at_most_mb: str, above: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    out = tmp_path / "cold.json"
    limits = ["--at-most-ms", at_most_ms, "--at-most-mb", at_most_mb]
    done = run_cold_start("--runs", "1", *limits, "--out", str(out))
    assert done.returncode == (1 if above else 0), done.stderr
    medians = json.loads(out.read_text())["medians"]
    said = "; ".join(f"{name}: {medians[key]:.6g} is above {option} 0.01" for name, key, option in above)
    assert done.stderr.splitlines() == ([f"python -m benchmarks.studies.cold_start: {said}"] if above else [])
    assert "process start to first prediction" in done.stdout


@pytest.mark.parametrize(
    ("script", "option"), [(bare_loop, "--at-most"), (cold_start, "--at-most-ms"), (cold_start, "--at-most-mb")]
)
@pytest.mark.parametrize("limit", ["nan", "inf", "0", "-1", "much"])
def test_a_limit_that_is_none_is_wrong_usage(
    script: object, option: str, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        script.main([f"{option}={limit}"])
    assert f"argument {option}: " in capsys.readouterr().err


@needs_shared_data
def test_a_command_that_fails_is_no_measurement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "text.jpg"
    photo.write_text("no picture")
    assert cold_start.main(["--photo", str(photo), "--runs", "1"]) == 1
    assert "edge-run ended with exit code 1: " in capsys.readouterr().err


def test_import_times_are_summed_by_package() -> None:
    assert cold_start.imports_by_package(IMPORT_REPORT) == pytest.approx(
        {"edge_runtime": 1.0, "numpy": 2.5, "PIL": 0.04, "others": 0.1}
    )


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_conversion_is_measured_from_outside(tmp_path: Path) -> None:
    out = tmp_path / "conversion.json"
    small = ["--quantize", "float32", "--image-size", "32", "--images", "10"]
    limits = ["--at-most-s", "100000", "--at-most-mb", "100000"]
    command = child_command("benchmarks.studies.conversion:main", *small, *limits, "--out", str(out))
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert figures["seconds"] > sum(figures["phases_s"].values()) > 0
    assert figures["peak_memory_mb"] > 100
    asked = {"quantize": "float32", "all_rungs": False, "image_size": 32, "images": 10, "choosing": 0, "cores": 2}
    assert figures["settings"] == asked
