"""--quantize auto and mixed: what each rung does where the gate refuses int8, and that the report tells it."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_run import write_color_images, write_grey_image
from stranger_models import fragile_model

from converter import ConvertConfig, convert
from converter.cli import main
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.model.file import read_model_file

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calibration data of one constant image."""
    return write_grey_image(tmp_path_factory.mktemp("grey") / "data")


def report_of(out: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(out.with_name("m.report.json").read_text())
    return report


@pytest.mark.slow  # test_repair_rung.py recovers, too
def test_auto_recovers_from_a_broken_calibration_that_int8_does_not_survive(
    small_run: Path, grey: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m.tflite"
    broken = [str(small_run), "--out", str(out), "--calibration-data", str(grey)]
    assert main([*broken, "--quantize", "int8"]) == 3
    assert not out.exists()
    assert "or --quantize auto, which finds out why" in capfd.readouterr().err
    assert main([*broken, "--quantize", "auto", "--prefer", "size", "--max-drop", "0"]) == 0
    report = report_of(out)
    assert report["chosen"]["gate"]["drop_pp"] == 0
    assert report["chosen"]["gate"]["agreement"] >= 0.97
    outcomes = {name: step["outcome"] for step in report["steps"] for name in step["candidates"]}
    assert outcomes["int8"].startswith("top-1 fell by ")
    assert outcomes.get(report["chosen"]["name"], "passed") == "passed"
    chosen = report["chosen"]["size_bytes"]
    assert chosen + report["delivery"]["golden_bytes"] == out.stat().st_size
    passed = [row for row in report["candidates"] if row["choosing"]["passed"]]
    assert chosen <= min(row["size_bytes"] for row in passed) + 100, "the verdict inside is that of other images"
    assert [row["gate"] is not None for row in report["candidates"]].count(True) == 1, "one is judged on the test part"
    table = capfd.readouterr().out
    assert all(row["name"] in table for row in report["candidates"])


@pytest.mark.slow  # test_choose.py chooses from figures
def test_the_best_of_what_passed_is_never_slower_than_float32(small_run: Path, tmp_path: Path) -> None:
    report = convert(ConvertConfig(small_run, quantize="auto"), tmp_path / "m.tflite")
    assert report.chosen is not None
    assert report.chosen.latency_ms.ratio <= 1.03
    assert [row.name for row in report.tried][:2] == ["float32", "int8"]
    assert {step.rung for step in report.steps} >= {"int8", "dynamic", "int8-weights", "float16", "int16x8"}
    assert report.choosing is not None
    assert report.choosing.images == 6 + 18 // 4, "the validation part, and as few as they are, a quarter of training"
    assert "Passed" in (tmp_path / "m.report.html").read_text()


@pytest.mark.slow  # mixed is tried without a search below
def test_mixed_finds_the_layer_that_carries_the_loss_and_leaves_it_in_float32(small_run: Path, tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "m.tflite"
    run.mkdir()
    (run / "training.json").write_bytes((small_run / "training.json").read_bytes())
    fragile_model().save(run / "model.keras")
    assert main([str(run), "--out", str(out), "--quantize", "int8"]) == 3
    assert main([str(run), "--out", str(out), "--quantize", "mixed"]) == 0
    report = report_of(out)
    assert report["chosen"]["name"] == "mixed bias-corrected (1 layer float)"
    assert "fragile" in report["chosen"]["parameters"]["float_layers"][0]
    assert (report["chosen"]["input_type"], report["chosen"]["output_type"]) == ("uint8", "uint8")
    best = max((row for row in report["layers"] if row["regained"] is not None), key=lambda row: row["regained"])
    assert best["layer"].startswith("fragile")
    assert "What each layer costs" in (tmp_path / "m.report.html").read_text()
    manifest = read_model_file(out).manifest
    assert manifest is not None
    assert (manifest.recipe, manifest.quantization["activations"]) == ("mixed", "int8")


def test_mixed_is_int8_where_that_passes(small_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.tflite"
    assert main([str(small_run), "--out", str(out), "--quantize", "mixed"]) == 0
    manifest = read_model_file(out).manifest
    assert manifest is not None
    assert manifest.recipe == "int8"


@pytest.mark.slow  # converts five times
def test_the_sweep_shows_what_more_calibration_images_bring(small_run: Path, tmp_path: Path) -> None:
    report = convert(
        ConvertConfig(small_run, quantize="int8", calibration_sweep=True, calibration_samples=10), tmp_path / "m.tflite"
    )
    assert [point.calibration_images for point in report.sweep] == [1, 10]
    assert report.float32 is not None
    assert report.sweep[-1].agreement == report.float32.compared.agreement == 1.0
    assert "How many calibration images" in (tmp_path / "m.report.html").read_text()


@pytest.fixture
def multi_label_run(small_run: Path, tmp_path: Path) -> Path:
    """The same images and model, as a task in which each label stands by itself."""
    run = tmp_path / "multi"
    run.mkdir()
    (run / "model.keras").write_bytes((small_run / "model.keras").read_bytes())
    record = json.loads(TrainingRecord.load(small_run).to_json())
    record.update(task="multi-label", thresholds=[0.3, 0.4, 0.5])
    (run / "training.json").write_text(json.dumps(record))
    return run


def test_a_multi_label_model_is_judged_by_micro_f1_at_its_thresholds(multi_label_run: Path, tmp_path: Path) -> None:
    report = convert(ConvertConfig(multi_label_run), tmp_path / "m.tflite")
    assert report.chosen is not None
    assert report.chosen.gate is not None
    assert report.chosen.gate.metric == "micro-f1"
    assert report.chosen.gate.candidate == 1.0
    manifest = read_model_file(tmp_path / "m.tflite").manifest
    assert manifest is not None
    assert manifest.thresholds == (0.3, 0.4, 0.5)


def test_a_label_file_beside_a_run_is_wrong(small_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\nc\n")
    assert main([str(small_run), "--out", str(tmp_path / "m.tflite"), "--labels", str(labels)]) == 1
    assert "training.json says its labels itself; leave --labels out" in capfd.readouterr().err


def test_what_calibrates_must_not_evaluate_whatever_is_named(small_run: Path, tmp_path: Path) -> None:
    same = write_color_images(tmp_path / "same", 2, seed=7)
    data = ["--calibration-data", str(same), "--eval-data", str(same)]
    assert main([str(small_run), "--out", str(tmp_path / "m.tflite"), *data]) == 1
