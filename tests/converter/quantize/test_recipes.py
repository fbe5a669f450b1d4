"""Every recipe on a small model: tensors, scores, summary on stdout, nothing else said."""

import json
from pathlib import Path

import numpy as np
import pytest
from small_run import write_grey_image

from converter import ConvertConfig, convert
from converter.cli import main
from converter.quantize.recipes import RECIPES
from converter.results import GateRefusedError
from edge_runtime import Classifier, read_image
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.model.file import read_model_file

pytestmark = pytest.mark.tensorflow


def scores_of(model: Path, run: Path) -> np.ndarray:
    images = TrainingRecord.load(run).part("test")
    with Classifier(model) as classifier:
        return np.stack([classifier.scores(read_image(images.path(index))) for index in range(len(images))])


def keras_scores(run: Path) -> np.ndarray:
    import keras

    images = TrainingRecord.load(run).part("test")
    pixels = np.stack([read_image(images.path(index)) for index in range(len(images))])
    return keras.models.load_model(run / "model.keras").predict_on_batch(pixels / np.float32(127.5) - 1)


@pytest.mark.parametrize(
    ("recipe", "extra", "types", "tolerance"),
    [
        ("float32", [], ("float32", "float32"), 1e-5),
        ("float16", [], ("float32", "float32"), 5e-3),
        ("dynamic", [], ("float32", "float32"), 0.02),
        ("int8-weights", [], ("float32", "float32"), 0.02),
        ("int16x8", [], ("float32", "float32"), 0.02),
        ("int8", [], ("uint8", "uint8"), 0.03),
        ("int8", ["--input-type", "int8", "--output-type", "float32"], ("int8", "float32"), 0.03),
    ],
    ids=["float32", "float16", "dynamic", "int8-weights", "int16x8", "int8", "int8 with other edges"],
)
def test_a_recipe_gives_the_keras_models_scores(
    small_run: Path,
    tmp_path: Path,
    recipe: str,
    extra: list[str],
    types: tuple[str, str],
    tolerance: float,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "new" / "colors.tflite"
    assert main([str(small_run), "--out", str(out), "--quantize", recipe, "--author", "A. Painter", *extra]) == 0
    stdout, stderr = capfd.readouterr()
    assert [line.split()[0] for line in stdout.splitlines()] == [
        "model", "recipe", "size", "top-1", "top-1", "drop", "latency", "golden", "verdict", "caution",
    ]  # fmt: skip
    assert stdout.splitlines()[-2].split() == ["verdict", "passed"]
    assert "measured on 15 images: on others the drop may be up to" in stdout.splitlines()[-1]
    assert len(stderr.splitlines()) == 2, stderr
    assert stderr.splitlines()[-1].endswith("travel in it, made small: --golden 0 leaves them out")
    model = read_model_file(out)
    assert (model.input.dtype, model.output.dtype) == types
    assert model.manifest is not None
    assert (model.manifest.recipe, model.manifest.name) == (recipe, "data")
    assert model.manifest.quantization["weights"] == RECIPES[recipe].weights
    assert model.manifest.gate is not None
    assert model.manifest.gate.agreement == 1.0
    assert b"A. Painter" in out.read_bytes()
    np.testing.assert_allclose(scores_of(out, small_run), keras_scores(small_run), atol=tolerance)
    assert sorted(path.name for path in out.parent.iterdir()) == [
        "colors.report.html",
        "colors.report.json",
        "colors.tflite",
    ]


def test_a_refusal_in_python_is_an_error_with_the_report(small_run: Path, tmp_path: Path) -> None:
    config = ConvertConfig(small_run, quantize="int8", calibration_data=write_grey_image(tmp_path / "grey"))
    with pytest.raises(GateRefusedError) as caught:
        convert(config, tmp_path / "m.tflite")
    assert caught.value.report.chosen is None
    assert json.loads((tmp_path / "m.report.json").read_text())["chosen"] is None
