"""The repair rung through edge-convert's door: a repaired file is delivered, and it is better than plain int8."""

import json
from pathlib import Path
from typing import Any

import pytest
from lopsided_model import CLASSES, SIDE, build, write_images

from converter.cli import main
from converter.judge import Latency

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def all_equally_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is repaired depends on speed, and no test may."""
    same = Latency(1.0, 1.0, (1.0, 1.0), 1, "none", "a stand-in")
    monkeypatch.setattr("converter.search.workbench.measure_latencies", lambda files, _frame: [same] * len(files))


def convert(kind: str, folder: Path, *options: str) -> dict[str, Any]:
    model = build(kind)
    model.save(folder / "model.keras")
    (folder / "labels.txt").write_text("\n".join(CLASSES))
    arguments = [str(folder / "model.keras"), "--out", str(folder / "out" / "model.tflite")]
    arguments += ["--labels", str(folder / "labels.txt"), "--normalization", "-1..1", "--golden", "0"]
    for option, count, seed in (("--eval-data", 200, 10), ("--calibration-data", 210, 11)):
        arguments += [option, str(write_images(folder / option[2:], model, count, seed))]
    if kind == "any size":
        arguments += ["--image-size", str(SIDE)]
    chosen = ["--calibration-samples", "60", "--max-drop", "50"]
    assert main([*arguments, *options, *chosen]) == 0
    report: dict[str, Any] = json.loads((folder / "out" / "model.report.json").read_text())
    return report


@pytest.mark.usefixtures("all_equally_fast")
@pytest.mark.parametrize(("kind", "least"), [("Sequential", 92), ("nested", 92), ("any size", 92)])
def test_a_repaired_file_is_delivered_and_better(kind: str, least: float, tmp_path: Path) -> None:
    report = convert(kind, tmp_path, "--min-agreement", str(least))
    agreement = {row["name"]: row["choosing"]["agreement"] for row in report["candidates"]}
    assert report["chosen"]["name"] == "int8 equalized bias-corrected"
    assert agreement["int8 equalized bias-corrected"] >= agreement["int8"] + 0.02
    assert agreement["int8 bias-corrected"] >= agreement["int8"]


@pytest.mark.usefixtures("all_equally_fast")
def test_lenet_is_repaired_where_weights_alone_in_int8_pass_too(tmp_path: Path) -> None:
    report = convert("LeNet", tmp_path, "--min-agreement", "99")
    gates = {row["name"]: row["choosing"] for row in report["candidates"]}
    assert gates["int8"]["agreement"] < 0.99 < gates["int8 equalized bias-corrected"]["agreement"]


@pytest.mark.usefixtures("all_equally_fast")
def test_one_convolution_is_corrected_and_says_why_it_is_not_equalised(tmp_path: Path) -> None:
    report = convert("one convolution", tmp_path, "--min-agreement", "99")
    outcomes = {step["rung"]: step["outcome"] for step in report["steps"]}
    assert "int8 bias-corrected" in {row["name"] for row in report["candidates"]}
    assert outcomes["int8 equalized bias-corrected"] == (
        "no convolution with ReLU or ReLU6 feeds just one other convolution"
    )
