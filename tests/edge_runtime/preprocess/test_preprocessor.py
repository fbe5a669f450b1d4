"""Normalisation and quantisation of pixels into an input tensor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.preprocessing import NORMALIZATIONS, PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.errors import ImageError
from edge_runtime.preprocess import Preprocessor

EVERY_PIXEL = np.arange(256, dtype=np.uint8).reshape(16, 16)[..., None].repeat(3, -1)


def prepared(spec: PreprocessSpec, tensor: TensorSpec, frame: np.ndarray) -> np.ndarray:
    out = np.empty(tensor.shape, tensor.dtype)
    Preprocessor(spec, tensor)(frame, out)
    return out[0]


@pytest.mark.parametrize("name", NORMALIZATIONS)
@pytest.mark.parametrize("color", ["RGB", "BGR"])
def test_float_input_is_pixel_minus_mean_over_std(name: str, color: str) -> None:
    mean, std = NORMALIZATIONS[name]
    frame = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    spec = PreprocessSpec(16, 16, color=color, mean=mean, std=std)
    ordered = frame if color == "RGB" else frame[..., ::-1]
    expected = (ordered - np.asarray(mean)) / np.asarray(std)
    found = prepared(spec, TensorSpec((1, 16, 16, 3), "float32"), frame)
    assert np.abs(found - expected).max() <= 1e-6 * max(1, np.abs(expected).max())


@given(
    st.sampled_from(tuple(NORMALIZATIONS)),
    st.sampled_from(("uint8", "int8")),
    st.floats(1e-3, 2.0),
    st.integers(0, 255),
    st.sampled_from(("RGB", "BGR")),
)
def test_quantised_input_is_the_nearest_step_to_the_float_input(
    name: str, dtype: str, scale: float, zero: int, color: str
) -> None:
    mean, std = NORMALIZATIONS[name]
    spec = PreprocessSpec(16, 16, mean=mean, std=std, color=color)
    lowest = 0 if dtype == "uint8" else -128
    tensor = TensorSpec((1, 16, 16, 3), dtype, scale, zero + lowest)
    real = prepared(spec, TensorSpec((1, 16, 16, 3), "float32"), EVERY_PIXEL).astype(np.float64)
    steps = real / scale + zero + lowest
    found = prepared(spec, tensor, EVERY_PIXEL).astype(np.float64)
    inside = (steps > lowest) & (steps < lowest + 255)
    assert np.abs(found - steps)[inside].max(initial=0) <= 0.502 + np.abs(steps[inside]).max(initial=0) * 1e-6
    assert (found[steps <= lowest - 1] == lowest).all()
    assert (found[steps >= lowest + 256] == lowest + 255).all()


@pytest.mark.parametrize(
    ("name", "tensor", "first_byte"),
    [
        ("-1..1", TensorSpec((1, 16, 16, 3), "uint8", 2 / 255, 127), 0),
        ("-1..1", TensorSpec((1, 16, 16, 3), "uint8", float(np.float32(2 / 255)), 128), 1),
        ("-1..1", TensorSpec((1, 16, 16, 3), "int8", float(np.float32(2 / 255)), -1), -128),
        ("0..1", TensorSpec((1, 16, 16, 3), "int8", 1 / 255, -128), -128),
        ("0..255", TensorSpec((1, 16, 16, 3), "uint8", 1.0, 0), 0),
    ],
)
def test_calibrated_tensors_keep_all_pixel_values_apart(name: str, tensor: TensorSpec, first_byte: int) -> None:
    mean, std = NORMALIZATIONS[name]
    found = prepared(PreprocessSpec(16, 16, mean=mean, std=std), tensor, EVERY_PIXEL)[..., 0].ravel().astype(int)
    assert found[0] == first_byte
    assert len(np.unique(found)) >= 255


def test_grey_is_bt601_luma() -> None:
    spec = PreprocessSpec(1, 1, color="GRAY", mean=(0.0,), std=(1.0,))
    tensor = TensorSpec((1, 1, 1, 1), "float32")
    lumas = [
        prepared(spec, tensor, np.array([[color]], np.uint8)).item()
        for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    ]
    assert lumas == [76, 150, 29]
    assert prepared(spec, tensor, np.array([[(255, 255, 255)]], np.uint8)).item() == 255


def test_shape_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ContractError, match="does not fit"):
        Preprocessor(PreprocessSpec(4, 4), TensorSpec((1, 4, 5, 3), "float32"))


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3), (1, 4, 4, 3)])
def test_what_is_no_frame_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="uint8 of shape"):
        prepared(PreprocessSpec(4, 4), TensorSpec((1, 4, 4, 3), "uint8", 1.0, 0), np.zeros(shape, np.uint8))


def test_float_frame_is_refused() -> None:
    with pytest.raises(ImageError, match="float64"):
        prepared(PreprocessSpec(4, 4), TensorSpec((1, 4, 4, 3), "uint8", 1.0, 0), np.zeros((4, 4, 3)))


def test_frames_may_be_views_and_read_only() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    frame.setflags(write=False)
    tensor = TensorSpec((1, 8, 8, 3), "uint8", 1.0, 0)
    spec = PreprocessSpec(8, 8, mean=(0.0,), std=(1.0,))
    view = frame[4:24, 30:2:-2]
    assert (prepared(spec, tensor, view) == prepared(spec, tensor, view.copy())).all()
