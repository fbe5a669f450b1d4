"""The bundled sample: what the demo and the tests stand on."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from needs import fashion_mnist
from PIL import Image

from edge_runtime.contracts.dataset import find_duplicates, read_image_folder
from trainer.data.formats.idx import read_idx

SAMPLE = Path(str(resources.files("trainer") / "assets" / "sample"))
OFFICIAL_CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot",
)  # fmt: skip


@pytest.mark.parametrize(("part", "count"), [("train", 100), ("test", 40)])
def test_every_class_has_its_images(part: str, count: int) -> None:
    images = read_image_folder(SAMPLE / part)
    assert set(images.classes) == set(OFFICIAL_CLASSES)
    assert [images.labels.count((label,)) for label in range(10)] == [count] * 10
    for index in range(len(images)):
        with Image.open(images.path(index)) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "L", (28, 28))


def test_no_image_is_there_twice_not_even_across_the_parts() -> None:
    assert find_duplicates(read_image_folder(SAMPLE)) == []


def test_it_is_small_and_says_whose_it_is() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 1_000_000
    assert "Copyright (c) 2017 Zalando SE" in (SAMPLE / "LICENSE").read_text()
    assert "Fashion-MNIST" in (SAMPLE / "README.md").read_text()


@pytest.mark.parametrize(("part", "prefix"), [("train", "train"), ("test", "t10k")])
def test_the_pixels_and_labels_are_the_official_ones(part: str, prefix: str) -> None:
    official = fashion_mnist()
    pixels = read_idx(official / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(official / f"{prefix}-labels-idx1-ubyte.gz")
    for path in (SAMPLE / part).rglob("*.png"):
        number = int(path.stem)
        np.testing.assert_array_equal(np.asarray(Image.open(path)), pixels[number])
        assert OFFICIAL_CLASSES[labels[number]] == path.parent.name
