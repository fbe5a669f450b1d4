"""The pixels that training sees, where other trainings resize otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge_runtime.contracts.dataset import read_image_folder
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.preprocess import read_image
from trainer.data.pixels import load_batch

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("side", [32, 150])
def test_antialias_is_tensorflows_within_one_level(tmp_path: Path, side: int) -> None:
    import tensorflow as tf

    noise = np.random.default_rng(0).integers(0, 256, (2, 90, 120, 3), np.uint8)
    for number, pixels in enumerate(noise):
        path = tmp_path / f"class{number}" / "a.png"
        path.parent.mkdir()
        Image.fromarray(pixels).save(path)
    images = read_image_folder(tmp_path)
    spec = PreprocessSpec(side, side, "squash", 1.0, "antialias", mean=(0.0,), std=(1.0,))
    found = load_batch(images, (0, 1), spec).pixels
    pictures = np.stack([read_image(images.path(index)) for index in range(2)])
    expected = tf.image.resize(pictures, (side, side), antialias=True).numpy()
    assert np.abs(found - expected).max() < 1.01
