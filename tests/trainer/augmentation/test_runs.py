"""Augmentation: it repeats, stays within the range, does what its settings say, and does not get into the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from image_folders import write_image_folder
from PIL import Image

from trainer.augmentation.settings import PRESETS, Augmentation
from trainer.cli import main

pytestmark = pytest.mark.tensorflow

STEPS = [
    {"flip": "horizontal"}, {"shift": 0.2}, {"rotation": 20.0}, {"zoom": 0.3}, {"brightness": 0.3}, {"contrast": 0.3},
    {"saturation": 0.5}, {"hue": 0.2}, {"erase": 1.0},
]  # fmt: skip


def _pixels(channels: int = 3, count: int = 16) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 10, 12, channels)).astype(np.float32)


@pytest.mark.parametrize("settings", STEPS, ids=lambda settings: next(iter(settings)))
def test_each_step_changes_images_and_repeats_by_its_seed(settings: dict[str, object]) -> None:
    from trainer.augmentation.layers import Augmenter

    augment = Augmenter(Augmentation(**settings), (10, 12, 3), seed=1)  # type: ignore[arg-type]
    pixels = _pixels()
    first, other, again = augment(pixels, (0, 1)), augment(pixels, (0, 2)), augment(pixels, (0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != pixels).any()
    assert (first != other).any()
    assert first.min() >= 0
    assert first.max() <= 255


def test_a_mirrored_image_is_the_image_or_its_mirror() -> None:
    from trainer.augmentation.layers import Augmenter

    pixels = _pixels()
    varied = Augmenter(Augmentation(flip="horizontal"), (10, 12, 3), seed=1)(pixels, (0,))
    mirrored = [
        np.array_equal(image, varied_image[:, ::-1]) for image, varied_image in zip(pixels, varied, strict=True)
    ]
    same = [np.array_equal(image, varied_image) for image, varied_image in zip(pixels, varied, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 0 < sum(mirrored) < len(mirrored)


def test_grey_images_stay_grey() -> None:
    from trainer.augmentation.layers import Augmenter

    assert Augmenter(PRESETS["strong"], (10, 12, 1), seed=1)(_pixels(1), (0,)).shape == (16, 10, 12, 1)


@pytest.mark.slow  # grey images are augmented below
def test_the_report_shows_it_and_the_model_does_not_hold_it(tmp_path: Path) -> None:
    import keras

    data = write_image_folder(tmp_path / "data", {"red": 8, "green": 8})
    own = tmp_path / "own.toml"
    own.write_text('flip = "both"\nshift = 0.2\n')
    run = tmp_path / "run"
    options = ["--backbone", "small-cnn", "--image-size", "12", "--epochs", "2", "--augment", str(own)]
    assert main([str(data), "--out", str(run), *options]) == 0
    with Image.open(run / "plots" / "augmentation.png") as picture:
        assert picture.size == (7 * 132 - 4, 4 * 132 - 4)
    assert "Augmentation" in (run / "report.html").read_text()
    layers = {type(layer).__name__ for layer in keras.models.load_model(run / "model.keras", compile=False).layers}
    assert not {name for name in layers if name.startswith("Random")}
