"""Models trained elsewhere, through edge-convert's door: what they need said, what is found out, what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_run import write_color_images
from stranger_models import (
    color_model,
    write_float_tflite,
    write_keras_2_file,
    write_labels,
    write_lambda_file,
    write_saved_model,
    write_two_headed_file,
)

from converter.cli import main
from edge_runtime.model.file import read_model_file

pytestmark = pytest.mark.tensorflow


def save(path: Path, **settings: Any) -> Path:
    color_model(**settings).save(path)
    return path


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a stranger's model does not say, but its normalisation."""
    folder = tmp_path_factory.mktemp("said")
    return [
        "--labels", str(write_labels(folder / "labels.txt")),
        "--eval-data", str(write_color_images(folder / "eval", 5, seed=300)),
        "--calibration-data", str(write_color_images(folder / "calibration", 4, seed=301)),
    ]  # fmt: skip


def convert(model: Path, out: Path, *options: str) -> dict[str, Any]:
    recipe = [] if "--quantize" in options else ["--quantize", "int8"]
    assert main([str(model), "--out", str(out), *recipe, *options]) == 0
    report: dict[str, Any] = json.loads(out.with_name(out.stem + ".report.json").read_text())
    assert report["chosen"]["gate"]["reference"] == report["chosen"]["gate"]["candidate"] == 1.0
    return report


KINDS: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "Keras 2 file with groups": (write_keras_2_file, "m.h5", "-1..1"),
    "Keras 3 .h5": (save, "m.h5", "-1..1"),
    ".keras": (save, "m.keras", "-1..1"),
    "ResNet fed raw pixels": (lambda path: save(path, raw_pixels=True), "m.keras", "0..255"),
    "SavedModel": (write_saved_model, "saved", "-1..1"),
    "float .tflite": (write_float_tflite, "m.tflite", "-1..1"),
}


@pytest.mark.parametrize(("write", "name", "normalization"), KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_model_becomes_int8(
    write: Callable[[Path], Path], name: str, normalization: str, said: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out" / "model.tflite"
    report = convert(write(tmp_path / name), out, *said, "--normalization", normalization)
    file = read_model_file(out)
    assert file.manifest is not None
    assert file.input.dtype != "float32"
    assert file.manifest.labels == ("red", "green", "blue")
    assert file.manifest.activation == "none"
    assert report["activation"] == "none: the model ends in softmax, so its outputs are probabilities"


@pytest.mark.parametrize(("recipe", "scale"), [("float32", 0.0), ("int16x8", 0.0), ("int8", 1 / 256)])
def test_a_model_that_ends_in_logits_gets_its_softmax(
    recipe: str, scale: float, said: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = save(tmp_path / "m.keras", activation=None)
    out = tmp_path / "model.tflite"
    report = convert(model, out, *said, "--normalization", "-1..1", "--quantize", recipe)
    assert report["activation"].endswith("; it is appended to the graph of each file")
    assert report["activation"].startswith("softmax: the model ends in neither softmax nor sigmoid; its outputs are lo")
    assert "--activation softmax (its outputs are logits: 8 images gave -8 to 16)" in capfd.readouterr().err
    file = read_model_file(out)
    assert file.manifest is not None
    assert (file.manifest.activation, file.ends_in, file.output.scale) == ("none", "softmax", scale)


@pytest.mark.parametrize("recipe", ["float32", "float16", "dynamic", "int8-weights"])
def test_a_float_tflite_is_quantized_again(said: list[str], tmp_path: Path, recipe: str) -> None:
    model = write_float_tflite(tmp_path / "m.tflite")
    out = tmp_path / "out" / "model.tflite"
    convert(model, out, *said, "--normalization", "-1..1", "--quantize", recipe)
    assert read_model_file(out).input.dtype == "float32"


REFUSED: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "two rows of scores": (write_two_headed_file, "m.keras", "say which holds the scores with --output NAME or its nu"),
    "Python code": (write_lambda_file, "m.keras", "it holds Python code (a Lambda layer), which is not executed"),
    "Python code in .h5": (write_lambda_file, "m.h5", "it holds Python code (a Lambda layer), which is not executed"),
}


@pytest.mark.parametrize(("write", "name", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_converted_is_one_clear_line(
    write: Callable[[Path], Path],
    name: str,
    message: str,
    said: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    model = write(tmp_path / name)
    capfd.readouterr()
    assert main([str(model), "--out", str(tmp_path / "out" / "o.tflite"), *said, "--normalization", "-1..1"]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"edge-convert: {model}: ")
    assert message in line


def test_what_a_model_does_not_say_is_asked_for(
    said: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = save(tmp_path / "m.keras")
    assert main([str(model), "--out", str(tmp_path / "o.tflite"), *said]) == 1
    assert f"{model}: the file does not say how pixels become numbers" in capfd.readouterr().err
    assert main([str(model), "--out", str(tmp_path / "o.tflite"), "--normalization", "-1..1", *said[:2]]) == 1
    assert f"{model}: it carries no images; name some with --eval-data" in capfd.readouterr().err


def test_weights_without_a_model_are_told_from_a_model(
    said: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.weights.h5"
    color_model().save_weights(model)
    assert main([str(model), "--out", str(tmp_path / "o.tflite"), *said, "--normalization", "-1..1"]) == 1
    assert "it holds weights without a model; save the whole model with model.save()" in capfd.readouterr().err
