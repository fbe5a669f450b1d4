"""A .tflite as MODEL, through edge-convert's door: every recipe, float16 constants, free edges, quantized files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_models import OPEN, write_mean_model
from shared import SHARED_DATA, needs_shared_data
from small_run import SIDE, write_color_images
from stranger_models import write_labels
from wide_model import write_wide_model

from converter.cli import main
from converter.models import load_source, open_source
from converter.quantize import RECIPES, Conversion, TFLiteConversion
from converter.tflite import Graph, read_graphs, read_model
from edge_runtime.model import read_model_file


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("said")
    return [
        "--normalization=-1..1", "--labels", str(write_labels(folder / "labels.txt")),
        "--eval-data", str(write_color_images(folder / "eval", 5, seed=300)),
        "--calibration-data", str(write_color_images(folder / "calibration", 4, seed=301)),
    ]  # fmt: skip


def graph_of(path: Path) -> Graph:
    return read_graphs(read_model(path.read_bytes(), path), path)[0]


def constants_of(path: Path) -> dict[str, int]:
    """How many bytes of constants there are of each type."""
    sizes: dict[str, int] = {}
    for tensor in graph_of(path).tensors:
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.constant_bytes
    return {dtype: size for dtype, size in sizes.items() if size >= 1024}


STORED = {"float32": "float32", "float16": "float16"}


@pytest.mark.tensorflow
@pytest.mark.parametrize("constants", ["float32", "float16"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_takes_a_tflite_and_the_file_holds_what_it_says(
    recipe: str, constants: str, said: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out" / "m.tflite"
    model = write_wide_model(tmp_path / "m.tflite", constants=constants)
    assert main([str(model), "--out", str(out), "--quantize", recipe, *said]) == 0
    assert list(constants_of(out)) == [STORED.get(recipe, "int8")]
    report = json.loads((tmp_path / "out" / "m.report.json").read_text())
    assert report["chosen"]["gate"]["reference"] == report["chosen"]["gate"]["candidate"] == 1.0


@pytest.mark.tensorflow
def test_the_edges_of_a_tflite_are_free(said: list[str], tmp_path: Path) -> None:
    model, out = write_wide_model(tmp_path / "m.tflite"), tmp_path / "out.tflite"
    assert main([str(model), "--out", str(out), "--input-type", "int8", "--output-type", "float32", *said]) == 0
    file = read_model_file(out)
    assert (file.input.dtype, file.output.dtype) == ("int8", "float32")


ODD = {
    "channels first": ((1, 3, SIDE, SIDE), (2, 3), ("scores",), []),
    "open size": ((OPEN, OPEN, OPEN, 3), (1, 2), ("scores",), [f"--image-size={SIDE}"]),
    "several outputs": ((1, SIDE, SIDE, 3), (1, 2), ("image", "scores"), ["--output=1"]),
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("recipe", ["int8", "int16x8"])
@pytest.mark.parametrize(("shape", "axes", "outputs", "options"), ODD.values(), ids=ODD.keys())
def test_models_of_odd_form_are_calibrated_too(
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    outputs: tuple[str, ...],
    options: list[str],
    recipe: str,
    said: list[str],
    tmp_path: Path,
) -> None:
    model, out = write_mean_model(tmp_path / "m.tflite", shape, axes, outputs=outputs), tmp_path / "out.tflite"
    assert main([str(model), "--out", str(out), "--quantize", recipe, *options, *said]) == 0
    file = read_model_file(out)
    assert file.input.shape == (1, SIDE, SIDE, 3)
    gate = json.loads((tmp_path / "out.report.json").read_text())["chosen"]["gate"]
    assert (gate["reference"], gate["agreement"]) == (1.0, 1.0)


@needs_shared_data
@pytest.mark.tensorflow
def test_a_published_model_keeps_its_answers_and_takes_bytes(tmp_path: Path) -> None:
    """The person detector of MLPerf Tiny, on photos of waste: no answer is right, but int8 is to give float's."""
    photos = sorted((SHARED_DATA / "trashnet").rglob("*.jpg"))
    for part, some in (("calibration", photos[::12]), ("eval", photos[1::12])):
        for name, half in (("person", some[::2]), ("no person", some[1::2])):
            (tmp_path / part / name).mkdir(parents=True)
            for photo in half:
                (tmp_path / part / name / photo.name).symlink_to(photo)
    (tmp_path / "labels.txt").write_text("no person\nperson\n")
    arguments = [
        str(SHARED_DATA / "tflite" / "vww_96_float.tflite"), "--out", str(tmp_path / "out.tflite"),
        "--normalization=0..1", "--labels", str(tmp_path / "labels.txt"), "--allow-chance",
        "--quantize=int8", "--max-drop=100",
        "--calibration-data", str(tmp_path / "calibration"), "--eval-data", str(tmp_path / "eval"),
    ]  # fmt: skip
    assert main(arguments) == 0
    report = json.loads((tmp_path / "out.report.json").read_text())
    assert report["chosen"]["gate"]["agreement"] >= 0.9
    file = read_model_file(tmp_path / "out.tflite")
    assert (file.input.dtype, file.input.scale, file.input.zero_point) == ("uint8", pytest.approx(1 / 255), 0)


def test_float16_constants_compute_what_they_did(tmp_path: Path) -> None:
    narrow = load_source(open_source(write_wide_model(tmp_path / "n.tflite", constants="float16")), None)
    wide = load_source(open_source(write_wide_model(tmp_path / "w.tflite")), None)
    pixels = np.random.default_rng(0).uniform(-1, 1, (3, *wide.image_shape)).astype(np.float32)
    np.testing.assert_allclose(narrow.predict(pixels), wide.predict(pixels), atol=1e-3)


class Forgetful(TFLiteConversion):
    """Hands back the float model, whatever was asked for."""

    def convert(self, *_: Any) -> bytes:
        return self._content


@pytest.mark.tensorflow
@pytest.mark.parametrize("recipe", [name for name in RECIPES if name not in ("float32", "mixed")])
def test_a_converter_that_leaves_the_model_as_it_is_is_found_out(
    recipe: str, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def start(_model: Any, _folder: Path) -> Conversion:
        return Forgetful(write_wide_model(tmp_path / "same.tflite").read_bytes())

    monkeypatch.setattr("converter.models.tflite.TFLiteFloatModel.start_conversion", start)
    out = tmp_path / "out.tflite"
    assert main([str(write_wide_model(tmp_path / "m.tflite")), "--out", str(out), "--quantize", recipe, *said]) == 1
    line = capfd.readouterr().err.splitlines()[-1]
    assert f"{recipe}: the converter left 1 of 1 layers unlike the recipe: FULLY_CONNECTED 'logits' has float32" in line
    assert not out.exists()


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("recipe", "found"),
    [
        ("int8", "int8 weights, int8 and uint8 activations"),
        ("int16x8", "int8 weights, int16 activations"),
        ("dynamic", "int8 weights, float activations"),
        ("int8-weights", "int8 weights, float activations"),
    ],
)
def test_a_quantized_file_is_told_what_it_is(
    recipe: str, found: str, said: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model, out = tmp_path / "quantized.tflite", tmp_path / "out.tflite"
    assert main([str(write_wide_model(tmp_path / "m.tflite")), "--out", str(model), "--quantize", recipe, *said]) == 0
    capfd.readouterr()
    assert main([str(model), "--out", str(out), *said]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line == (
        f"edge-convert: {model}: it is quantized already ({found}); name the float model it was made from; edge-run "
        "and edge-bench take it as it is"
    )
