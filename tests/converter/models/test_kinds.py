"""Kinds of MODEL: nobody asks what kind it is."""

import json
from pathlib import Path

import numpy as np
import pytest
from small_run import write_color_images
from stranger_models import write_float_tflite, write_labels
from tiny_model import write_tiny_model

from converter.cli import main
from converter.models import FloatModel, load_source, open_source
from converter.quantize import FLOAT32, Variant


@pytest.fixture
def model(tmp_path: Path) -> FloatModel:
    return load_source(open_source(write_tiny_model(tmp_path / "m.tflite")), None)


def no_inputs() -> None:
    pytest.fail("nothing is to be calibrated")


def test_a_tflite_is_converted_without_an_export(model: FloatModel, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    content = model.start_conversion(folder).convert(Variant(FLOAT32, FLOAT32.edges()), no_inputs)
    assert not folder.exists()
    (tmp_path / "again.tflite").write_bytes(content)
    pixels = np.random.default_rng(0).random((3, *model.image_shape), np.float32)
    again = load_source(open_source(tmp_path / "again.tflite"), None)
    np.testing.assert_array_equal(again.predict(pixels), model.predict(pixels))
    assert (again.image_shape, again.output_shape) == (model.image_shape, model.output_shape) == ((6, 8, 3), (1, 3))


@pytest.mark.tensorflow
def test_a_sweep_over_calibration_images_works_for_a_tflite_too(tmp_path: Path) -> None:
    arguments = [
        str(write_float_tflite(tmp_path / "f.tflite")), "--out", str(tmp_path / "m.tflite"), "--calibration-sweep",
        "--quantize", "int8",
        "--labels", str(write_labels(tmp_path / "labels.txt")), "--normalization=-1..1",
        "--eval-data", str(write_color_images(tmp_path / "eval", 3, seed=300)),
        "--calibration-data", str(write_color_images(tmp_path / "calibration", 4, seed=301)),
    ]  # fmt: skip
    assert main(arguments) == 0
    sweep = json.loads((tmp_path / "m.report.json").read_text())["sweep"]
    assert [(point["calibration_images"], point["metric"]) for point in sweep] == [(1, 1.0), (10, 1.0)]
