"""An 8-bit input takes pixels as they are, whatever images calibrate it and however the model normalises."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_run import SIDE, write_color_images, write_dark_images
from stranger_models import color_model, write_float_tflite, write_labels, write_saved_model

from converter.cli import main
from converter.quantize.pixels import pixel_range, takes_plain_pixels
from converter.tflite import read_graphs, read_model
from edge_runtime.contracts.preprocessing import NORMALIZATIONS, PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model import read_model_file
from edge_runtime.preprocess.preprocessor import quantization_table


def spec(mean: tuple[float, ...], std: tuple[float, ...]) -> PreprocessSpec:
    return PreprocessSpec(SIDE, SIDE, mean=mean, std=std)


@pytest.mark.parametrize(
    ("mean", "std"),
    [((127.5,), (127.5,)), ((0.0,), (255.0,)), ((0.0,), (1.0,)), ((128.0,), (128.0,)), ((150.5,), (60.0,)),
     ((117.3,), (58.0,)), ((254.7,), (1.0,)), ((127.5,) * 3, (127.5,) * 3)],
)  # fmt: skip
def test_one_normalisation_for_all_channels_leaves_bytes_as_they_are(
    mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    lowest, highest = pixel_range(spec(mean, std))
    scale = (highest - lowest) / 255
    tensor = TensorSpec((1, SIDE, SIDE, 3), "uint8", scale, round(-lowest / scale))
    assert takes_plain_pixels(spec(mean, std))
    np.testing.assert_array_equal(quantization_table(spec(mean, std), tensor)[:, 0], np.arange(256))


@pytest.mark.parametrize(
    ("mean", "std"), [NORMALIZATIONS["imagenet"], ((-20.0,), (1.0,)), ((300.0,), (1.0,)), ((0.0, 0.0, 1.0), (1.0,))]
)
def test_other_normalisations_need_an_operator_and_their_range_has_all_pixels(
    mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    assert not takes_plain_pixels(spec(mean, std))
    lowest, highest = pixel_range(spec(mean, std))
    ends = [(pixel - np.asarray(mean)) / np.asarray(std) for pixel in (0, 255)]
    assert (lowest, highest) == (min(0, np.min(ends)), max(0, np.max(ends)))


def keras_file(path: Path) -> Path:
    color_model().save(path)
    return path


def rescaling_model(path: Path, *layers: Any) -> Path:
    """The model that tells colours apart, on pixels that its own first layers normalise."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    normalised = image
    for layer in layers:
        normalised = layer(normalised)
    keras.Model(image, color_model()(normalised)).save(path)
    return path


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("make", "scales"),
    [
        (lambda layers: [layers.Rescaling(1 / 127.5, -1)], [1 / 127.5]),
        (
            lambda layers: [layers.Rescaling(1 / 255), layers.Normalization(mean=[0.5] * 3, variance=[0.04, 0.09, 1])],
            [1 / 255, 5 / 255],
        ),
        (lambda layers: [layers.ZeroPadding2D(((0, 1), (0, 1))), layers.Cropping2D(((0, 1), (0, 1)))], [1.0]),
    ],
    ids=["Rescaling", "Rescaling and Normalization", "padding"],
)
def test_the_range_is_followed_through_a_models_own_normalisation(
    make: Callable[[Any], list[Any]], scales: list[float], tmp_path: Path
) -> None:
    import keras

    model, out = rescaling_model(tmp_path / "m.keras", *make(keras.layers)), tmp_path / "out.tflite"
    arguments = [
        str(model), "--out", str(out), "--normalization=0..255", "--max-drop=100", "--quantize=int8",
        "--labels", str(write_labels(tmp_path / "labels.txt")),
        "--eval-data", str(write_color_images(tmp_path / "eval", 5, seed=300)),
        "--calibration-data", str(write_dark_images(tmp_path / "dark")),
    ]  # fmt: skip
    assert main(arguments) == 0
    (graph,) = read_graphs(read_model(out.read_bytes(), out), out)
    found = [graph.tensors[operator.outputs[0]].quantization for operator in graph.operators]
    for scale in scales:
        assert any(each and each.scales[0] == pytest.approx(scale, rel=1e-3) for each in found), scale


CASES = [
    *((keras_file, "m.keras", name, "uint8") for name in ("-1..1", "0..1", "imagenet", "120,110,100,60,50,70")),
    *((keras_file, "m.keras", name, "int8") for name in ("-1..1", "imagenet", "-10,255")),
    *((write_saved_model, "saved", name, "uint8") for name in ("0..1", "imagenet")),
    *((write_float_tflite, "m.tflite", name, "uint8") for name in ("0..1", "imagenet")),
]


@pytest.mark.tensorflow
@pytest.mark.parametrize(("write", "name", "normalization", "dtype"), CASES, ids=[" ".join(case[1:]) for case in CASES])
def test_a_byte_is_a_pixel_whatever_calibrates(
    write: Callable[[Path], Path], name: str, normalization: str, dtype: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.tflite"
    arguments = [
        str(write(tmp_path / name)), "--out", str(out), f"--normalization={normalization}", "--max-drop=100",
        "--quantize=int8", "--input-type", dtype, "--labels", str(write_labels(tmp_path / "labels.txt")),
        "--eval-data", str(write_color_images(tmp_path / "eval", 5, seed=300)),
        "--calibration-data", str(write_dark_images(tmp_path / "dark")),
    ]  # fmt: skip
    assert main(arguments) == 0
    file = read_model_file(out)
    assert file.manifest is not None
    lowest = -128 if dtype == "int8" else 0
    table = quantization_table(file.manifest.preprocessing, file.input)
    np.testing.assert_array_equal(table, np.arange(lowest, lowest + 256)[:, None])
    assert json.loads((tmp_path / "out.report.json").read_text())["chosen"]["input_type"] == dtype
