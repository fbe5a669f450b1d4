"""The same MODEL and options give the same bytes: at any time, in any folder, under any name, in any process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from small_run import write_color_images
from stranger_models import color_model, write_float_tflite, write_labels, write_saved_model

from converter.cli import main
from converter.inspect.model import inspect_model
from converter.quantize.recipes import RECIPES
from edge_runtime.contracts.training import TrainingRecord

pytestmark = pytest.mark.tensorflow

ASKED = {**{name: ["--quantize", name] for name in RECIPES}, "auto": ["--all-rungs", "--prefer", "size"]}
"""What is converted; with "--prefer size" no measured latency decides what auto chooses."""


def convert(model: Path, out: Path, *options: str) -> str:
    """The SHA-256 of the file."""
    assert main([str(model), "--out", str(out), *options]) == 0
    return sha256(out.read_bytes()).hexdigest()


def convert_in_another_process(model: Path, folder: Path, asked: Mapping[str, list[str]]) -> dict[str, str]:
    """The same in a new process and working directory, last recipe first, each below ``folder`` under another name."""
    (folder / "temporary").mkdir(parents=True)
    outs = {name: folder / name / "elsewhere.tflite" for name in reversed(asked)}
    calls = [[str(model), "--out", str(out), *asked[name]] for name, out in outs.items()]
    code = f"from converter.cli import main\nfor call in {calls!r}:\n    assert main(call) == 0, call"
    environment = {**os.environ, "TMPDIR": str(folder / "temporary"), "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: sha256(out.read_bytes()).hexdigest() for name, out in outs.items()}


def candidates(report: Path) -> dict[str, Any]:
    """What was tried, and its weights."""
    return {row["name"]: row["weights_sha256"] for row in json.loads(report.read_text())["candidates"]}


@pytest.mark.parametrize(
    "asked",
    [{"int8": ASKED["int8"]}, pytest.param(ASKED, marks=pytest.mark.slow)],
    ids=["int8", "every recipe and auto"],
)
def test_a_run_gives_the_same_bytes(asked: dict[str, list[str]], small_run: Path, tmp_path: Path) -> None:
    here = {name: convert(small_run, tmp_path / f"{name}.tflite", *words) for name, words in asked.items()}
    moved = shutil.copytree(small_run, tmp_path / "under another name")
    assert convert_in_another_process(moved, tmp_path / "far", asked) == here
    last = list(asked)[-1]
    tried, again = (
        candidates(tmp_path / path) for path in (f"{last}.report.json", f"far/{last}/elsewhere.report.json")
    )
    assert len(tried) > 4 or last != "auto"
    assert again == tried


def test_the_sample_gives_the_same_bytes(sample_run: Path, sample_int8: Path, tmp_path: Path) -> None:
    again = convert(sample_run, tmp_path / "other.tflite", "--quantize", "int8")
    assert again == sha256(sample_int8.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "kind", ["m.keras", "m.tflite", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("m.h5", "saved"))]
)
def test_a_model_without_a_record_gives_the_same_bytes_and_no_time(kind: str, tmp_path: Path) -> None:
    model = tmp_path / kind
    write = {"saved": write_saved_model, "m.tflite": write_float_tflite}.get(kind, color_model().save)
    write(model)
    said = (
        "--labels", str(write_labels(tmp_path / "labels.txt")), "--normalization", "-1..1",
        "--eval-data", str(write_color_images(tmp_path / "eval", 5, seed=300)),
        "--calibration-data", str(write_color_images(tmp_path / "calibration", 4, seed=301)),
    )  # fmt: skip
    first, second = (convert(model, tmp_path / name / f"{name}.tflite", *said) for name in ("first", "second"))
    assert first == second
    manifest = inspect_model(tmp_path / "first" / "first.tflite").manifest
    assert manifest is not None
    assert (manifest.provenance.created_utc, manifest.name) == ("", model.stem)


def created(model: Path) -> str:
    manifest = inspect_model(model).manifest
    assert manifest is not None
    return manifest.provenance.created_utc


def test_the_time_is_that_of_the_training_unless_source_date_epoch_says_another(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained, said = tmp_path / "trained.tflite", tmp_path / "said.tflite"
    plain = convert(small_run, trained, "--quantize", "float32")
    assert created(trained) == TrainingRecord.load(small_run).created_utc
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert convert(small_run, said, "--quantize", "float32") != plain
    assert created(said) == "2023-11-14T22:13:20+00:00"
    capsys.readouterr()
    assert main(["inspect", str(said)]) == 0
    assert "2023-11-14T22:13:20+00:00 with edge-deploy-kit" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["", " 1", "-1", "1.5", "1e9", "yesterday", "9" * 30, "٣", "1\n"])
def test_a_bad_source_date_epoch_is_one_line_before_any_work(
    value: str, small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    assert main([str(small_run), "--out", str(tmp_path / "m.tflite")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"SOURCE_DATE_EPOCH {value!r} is not a whole number of seconds since 1970; correct or unset it" in line
    assert list(tmp_path.iterdir()) == []
