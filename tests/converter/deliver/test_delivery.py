"""edge-convert --target, --golden and --export through the public door."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_run import CLASSES, SIDE

from converter.cli import main
from converter.errors import TargetError
from converter.inspect.model import inspect_model
from edge_runtime.contracts.golden import GOLDEN_NAME, GoldenSet
from edge_runtime.contracts.training import MODEL_NAME
from edge_runtime.model.file import read_associated_files, read_model_file
from edge_runtime.run.cli import main as edge_run

pytestmark = pytest.mark.tensorflow


def delivery_of(model: Path) -> dict[str, Any]:
    return json.loads(model.with_name(f"{model.stem}.report.json").read_text())["delivery"]


def test_golden_images_travel_and_prove_the_device(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.tflite"
    assert main([str(small_run), "--quantize", "int8", "--out", str(model), "--golden", "3"]) == 0
    assert "golden" in {line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()}
    golden = GoldenSet.from_json(read_associated_files(model)[GOLDEN_NAME])
    assert len(golden.images) == 4
    facts = delivery_of(model)
    report = json.loads((tmp_path / "m.report.json").read_text())
    assert (facts["golden_images"], facts["files"]) == (3, ["m.tflite"])
    assert report["chosen"]["size_bytes"] + facts["golden_bytes"] == model.stat().st_size
    inside = inspect_model(model)
    assert (report["graph"]["candidate"], report["schema"]) == (report["chosen"]["name"], 3)
    assert report["graph"]["costs"]["macs"] == inside.costs.macs > 0
    assert [row["operator"] for row in report["graph"]["costs"]["operators"]] == [
        operator.name for operator in inside.graphs[0].operators
    ]
    page = (tmp_path / "m.report.html").read_text()
    assert f"<h2>What {report['chosen']['name']} consists of</h2>\n<p>{inside.costs.macs:,} MACs" in page
    assert "How long each operator takes is not measured" in page
    assert edge_run([str(model), "--self-test"]) == 0
    assert "self-test passed" in capsys.readouterr().out
    assert inspect_model(model).manifest_matches


def test_exports_lie_beside_a_model_without_golden_images(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.tflite"
    assert main([str(small_run), "--out", str(model), "--golden", "0", "--quantize", "int8",
                 "--export", "c-array,bundle"]) == 0  # fmt: skip
    assert GOLDEN_NAME not in read_associated_files(model)
    files = delivery_of(model)["files"]
    assert {"m-c/main.cc", "m-c/model_data.c"} < set(files)
    assert files[-2:] == ["m.bundle.zip", "m.tflite"]
    assert "exports         m-c/, m.bundle.zip" in capsys.readouterr().out
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {*files, "m.report.json", "m.report.html"}


def test_micro_is_int8_throughout_and_says_when_it_was_not_proven(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.tflite"
    assert (
        main([str(small_run), "--out", str(model), "--target", "micro", "--quantize", "auto", "--max-drop", "5"]) == 0
    )
    out, err = capsys.readouterr()
    assert "micro, not proven: tflite_micro is not installed here" in out
    assert "micro, not proven" in err
    file = read_model_file(model)
    assert (file.input.dtype, file.output.dtype) == ("int8", "int8")
    tensors = inspect_model(model).graphs[0].tensors
    assert {tensor.dtype for tensor in tensors} <= {"int8", "int32"}
    facts = delivery_of(model)
    assert (facts["target"], facts["golden_images"], facts["proof"]["agreement"]) == ("micro", 0, None)


def test_a_target_that_cannot_be_met_names_operator_and_layer(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras

    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    image = keras.Input((SIDE, SIDE, 3))
    bent = keras.layers.Conv2D(3, 1, name="channels")(image)
    bent = keras.layers.Activation("gelu", name="bend")(bent)
    means = keras.layers.GlobalAveragePooling2D()(bent)
    keras.Model(image, keras.layers.Dense(len(CLASSES), "softmax")(means)).save(run / MODEL_NAME)
    model = tmp_path / "m.tflite"
    assert main([str(run), "--out", str(model), "--target", "micro", "--max-drop", "100"]) == 1
    err = capsys.readouterr().err.splitlines()[-1]
    assert "int8: target micro cannot be met: GELU of layer" in err
    assert "bend" in err
    assert "is not in TensorFlow Lite Micro" in err
    assert not model.exists()


def test_float16_is_what_a_gpu_gets(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", "/nonexistent.json")  # no GPU, whatever this machine has
    model = tmp_path / "m.tflite"
    assert main([str(small_run), "--out", str(model), "--target", "gpu"]) == 0
    manifest = read_model_file(model).manifest
    assert manifest is not None
    assert manifest.recipe == "float16"
    assert delivery_of(model)["proof"]["problem"]


@pytest.mark.slow  # converts three times
def test_evaluation_images_in_the_file_are_said_once_unless_they_were_asked_for(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.tflite"
    said = f"edge-convert: {model}: 2 evaluation images travel in it, made small: --golden 0 leaves them out"
    assert main([str(small_run), "--out", str(model), "--quantize", "float16"]) == 0
    assert capsys.readouterr().err.splitlines().count(said) == 1
    for count in ("0", "2"):
        assert main([str(small_run), "--out", str(model), "--quantize", "float16", "--golden", count]) == 0
        assert "evaluation images travel" not in capsys.readouterr().err


def refuse_proofs(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """The target's interpreter refuses so many files."""
    left = iter(range(count))

    def prove(*_: Any) -> None:
        if next(left, None) is not None:
            raise TargetError("target litert: its interpreter refuses the file: arena too small")

    monkeypatch.setattr("converter.deliver.complete.prove", prove)


@pytest.mark.slow  # tries all recipes
def test_where_the_proof_fails_the_next_best_file_is_delivered(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, refusals = tmp_path / "m.tflite", 2
    refuse_proofs(monkeypatch, refusals)
    assert main([str(small_run), "--out", str(model), "--quantize", "auto", "--prefer", "size", "--all-rungs"]) == 0
    report = json.loads((tmp_path / "m.report.json").read_text())
    failed = [step for step in report["steps"] if step["rung"] == "delivery"]
    assert [step["outcome"] for step in failed] == [
        "not taken: target litert: its interpreter refuses the file: arena too small"
    ] * refusals
    kept = [row for row in report["candidates"] if row["choosing"]["passed"]]
    assert len(kept) > refusals + 1, "there was a choice"
    assert report["chosen"]["name"] not in [name for step in failed for name in step["candidates"]]
    assert model.is_file()
    assert ": not taken: target litert: its interpreter refuses" in capsys.readouterr().err


@pytest.mark.slow  # tries all recipes
def test_where_no_file_is_proven_the_report_stays_and_so_does_the_earlier_file(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "m.tflite"
    model.write_bytes(b"served")
    refuse_proofs(monkeypatch, 100)
    for recipe in ("float16", "auto"):
        assert main([str(small_run), "--out", str(model), "--quantize", recipe]) == 1
        line = capsys.readouterr().err.splitlines()[-1]
        said = "target litert: its interpreter refuses the file: arena too small"
        assert line.startswith(f"edge-convert: {model}: not written: {said}; see m.report.html")
        assert line.endswith("; the file there is that of an earlier run, left as it was")
        assert model.read_bytes() == b"served"
        report = json.loads((tmp_path / "m.report.json").read_text())
        assert (report["chosen"], report["failure"]) == (None, said)
        assert any((row["gate"] or row["choosing"])["passed"] for row in report["candidates"])
        assert "Failed" in (tmp_path / "m.report.html").read_text()
