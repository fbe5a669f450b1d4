"""The repair rung through edge-convert's door: a repaired file is delivered, and it is better than plain int8."""

import json
from pathlib import Path
from typing import Any

import pytest
from float_files import float_file
from lopsided_model import CLASSES, SIDE, build, write_images

from converter.cli import main
from converter.judge import Latency

REPAIRED = "int8 chosen-ranges equalized bias-corrected"

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def all_equally_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is repaired depends on speed, and no test may."""
    same = Latency(1.0, 1.0, (1.0, 1.0), 1, "none", "a stand-in")
    monkeypatch.setattr("converter.search.workbench.measure_latencies", lambda files, _frame: [same] * len(files))


def convert(kind: str, folder: Path, *options: str, name: str = "model.keras") -> dict[str, Any]:
    model = build(kind)
    if name.endswith(".tflite"):
        (folder / name).write_bytes(float_file(model))
    else:
        model.save(folder / name)
    (folder / "labels.txt").write_text("\n".join(CLASSES))
    arguments = [str(folder / name), "--out", str(folder / "out" / "model.tflite")]
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
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Sequential", "model.keras"),
        pytest.param("nested", "model.keras", marks=pytest.mark.slow),
        pytest.param("any size", "model.keras", marks=pytest.mark.slow),
        pytest.param("Sequential", "stranger.tflite", marks=pytest.mark.slow),
    ],
)
def test_a_repaired_file_is_delivered_and_better(kind: str, name: str, tmp_path: Path) -> None:
    report = convert(kind, tmp_path, "--min-agreement", "90", name=name)
    agreement = {row["name"]: row["choosing"]["agreement"] for row in report["candidates"]}
    assert report["chosen"]["name"].startswith("int8 ")
    assert agreement[report["chosen"]["name"]] == max(
        share for file, share in agreement.items() if file.startswith("int8 ")
    )
    assert agreement["int8 bias-corrected"] >= agreement["int8"] + 0.05


@pytest.mark.slow  # repairs/ shows each without a ladder
@pytest.mark.usefixtures("all_equally_fast")
def test_each_repair_is_tried_where_all_rungs_are(tmp_path: Path) -> None:
    report = convert("Sequential", tmp_path, "--min-agreement", "92", "--all-rungs")
    agreement = {row["name"]: row["choosing"]["agreement"] for row in report["candidates"]}
    repaired = [agreement[name] for name in ("int8 bias-corrected", "int8 chosen-ranges bias-corrected", REPAIRED)]
    assert agreement["int8"] < 0.9 < min(repaired)
    assert repaired[2] > 0.95


@pytest.mark.usefixtures("all_equally_fast")
def test_a_convolution_in_front_of_a_flat_dense_layer_is_corrected_and_says_why_it_is_not_equalised(
    tmp_path: Path,
) -> None:
    report = convert("flat", tmp_path, "--min-agreement", "100")
    outcomes = {step["rung"]: step["outcome"] for step in report["steps"]}
    assert "int8 bias-corrected" in {row["name"] for row in report["candidates"]}
    assert outcomes[REPAIRED] == "no layer that ends linearly, in ReLU or in ReLU6 feeds just one other layer"
