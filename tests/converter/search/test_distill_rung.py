"""The rung "int8 distilled" through edge-convert's door: as large as plain int8, and closer to the float model."""

import json
from pathlib import Path
from typing import Any

import pytest
from lopsided_model import CLASSES, build, write_images

from converter.cli import main
from converter.judge import Latency
from converter.quantize import INT8
from converter.search.rungs import Distillation, Plain
from edge_runtime.model import read_model_file

pytestmark = pytest.mark.tensorflow


@pytest.fixture(autouse=True)
def two_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain int8, then distilled; and all files are equally fast, since no test may depend on speed."""
    same = Latency(1.0, 1.0, (1.0, 1.0), 1, "none", "a stand-in")
    monkeypatch.setattr("converter.search.workbench.measure_latencies", lambda files, _frame: [same] * len(files))
    monkeypatch.setattr("converter.quantize.distill.tune.PATIENCE", 20)
    monkeypatch.setattr("converter.search.find.RUNGS", (Plain(INT8), Distillation()))


def convert(folder: Path, normalization: str, *options: str) -> dict[str, Any]:
    model = build("Sequential")
    model.save(folder / "model.keras")
    (folder / "labels.txt").write_text("\n".join(CLASSES))
    arguments = [str(folder / "model.keras"), "--out", str(folder / "out" / "model.tflite"), "--golden", "0"]
    arguments += ["--labels", str(folder / "labels.txt"), "--normalization", normalization, "--max-drop", "50"]
    for option, count, seed in (("--eval-data", 60, 10), ("--calibration-data", 160, 11)):
        arguments += [option, str(write_images(folder / option[2:], model, count, seed))]
    assert main([*arguments, "--calibration-samples", "60", *options]) == 0
    report: dict[str, Any] = json.loads((folder / "out" / "model.report.json").read_text())
    return report


@pytest.mark.slow  # quantize/distill shows it without a ladder
def test_a_distilled_file_is_delivered_and_better(tmp_path: Path) -> None:
    report = convert(tmp_path, "-1..1", "--min-agreement", "85")
    rows = {row["name"]: row for row in report["candidates"]}
    assert report["chosen"]["name"] == "int8 equalized distilled"
    assert rows["int8 equalized distilled"]["choosing"]["agreement"] >= rows["int8"]["choosing"]["agreement"] + 0.02
    assert abs(rows["int8 equalized distilled"]["size_bytes"] - rows["int8"]["size_bytes"]) < 256
    manifest = read_model_file(tmp_path / "out" / "model.tflite").manifest
    assert manifest is not None
    assert manifest.quantization["distilled"] is True


@pytest.mark.slow  # quantize/distill shows it without a ladder
def test_where_an_operator_normalises_pixels_are_distilled_with(tmp_path: Path) -> None:
    report = convert(tmp_path, "127.5,127.5,127.4,127.5,127.5,127.6", "--min-agreement", "85")
    rows = {row["name"]: row["choosing"]["agreement"] for row in report["candidates"]}
    assert rows["int8 equalized distilled"] >= rows["int8"] + 0.02


def test_minutes_of_0_leave_it_out_and_say_so(tmp_path: Path) -> None:
    report = convert(tmp_path, "-1..1", "--min-agreement", "0.92", "--all-rungs", "--distill-minutes", "0")
    assert {"rung": "int8 distilled", "outcome": "left out, as --distill-minutes 0 asks", "candidates": []} in report[
        "steps"
    ]
