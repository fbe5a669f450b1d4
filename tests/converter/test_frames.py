"""Frames: decoded once, in the model's size; what the float model and the files are fed with is what it would be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from image_folders import write_image_folder

from converter.errors import DataError
from converter.frames import decode_frames, resized
from edge_runtime.contracts.dataset import LabelledImages, read_image_folder
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.errors import ImageError
from edge_runtime.preprocess import Preprocessor, read_image

SPEC = PreprocessSpec(8, 12)


@pytest.fixture
def images(tmp_path: Path) -> LabelledImages:
    return read_image_folder(write_image_folder(tmp_path / "data", {"red": 3, "blue": 2}))


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        replace(SPEC, resize="center-crop", crop_fraction=0.5),
        replace(SPEC, resize="letterbox"),
        replace(SPEC, resampling="antialias"),
        replace(SPEC, color="BGR", mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 6.0)),
        replace(SPEC, color="GRAY"),
    ],
)
def test_inputs_are_those_of_the_image_itself(images: LabelledImages, spec: PreprocessSpec, tmp_path: Path) -> None:
    frames = decode_frames(images, spec, "test", tmp_path)
    tensor = TensorSpec((1, *spec.image_shape), "float32")
    for index, found in enumerate(frames.inputs()):
        expected = np.empty(tensor.shape, np.float32)
        Preprocessor(spec, tensor)(read_image(images.path(index)), expected)
        np.testing.assert_array_equal(found, expected)
        again = np.empty(tensor.shape, np.float32)
        Preprocessor(resized(spec), tensor)(frames.pixels[index], again)
        np.testing.assert_array_equal(again, expected)


def test_parts_of_them_keep_their_names(images: LabelledImages, tmp_path: Path) -> None:
    frames = decode_frames(images, SPEC, "test", tmp_path)
    some = frames.subset([4, 0])
    assert some.images.names == (images.names[4], images.names[0])
    np.testing.assert_array_equal(some.pixels, frames.pixels[[4, 0]])
    assert (len(frames.first(2)), len(frames.first(9))) == (2, 5)
    assert np.shares_memory(frames.first(2).pixels, frames.pixels)


def test_what_is_too_large_for_memory_lies_in_a_file(
    images: LabelledImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = decode_frames(images, SPEC, "test", tmp_path)
    assert type(expected.pixels) is np.ndarray
    monkeypatch.setattr("converter.frames.IN_MEMORY_BYTES", expected.pixels.nbytes - 1)
    frames = decode_frames(images, SPEC, "test", tmp_path)
    assert type(frames.pixels) is np.memmap
    np.testing.assert_array_equal(frames.pixels, expected.pixels)
    with pytest.raises(DataError, match=r"no room for 0 MB of decoded images: No such file.*TMPDIR"):
        decode_frames(images, SPEC, "test", tmp_path / "gone")


def test_an_image_that_cannot_be_decoded_is_named(images: LabelledImages, tmp_path: Path) -> None:
    images.path(3).write_bytes(b"no picture")
    with pytest.raises(ImageError, match=str(images.path(3))):
        decode_frames(images, SPEC, "test", tmp_path)
