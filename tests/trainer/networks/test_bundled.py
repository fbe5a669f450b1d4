"""The bundled backbone: small, whole, and good for what it was pretrained on."""

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from needs import fashion_mnist
from sklearn.linear_model import RidgeClassifier

from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.preprocess import Preprocessor
from trainer import TrainConfig
from trainer.data.formats.idx import read_idx
from trainer.data.source import open_data
from trainer.networks.base import Shape
from trainer.networks.registry import BACKBONES, BUNDLED

pytestmark = pytest.mark.tensorflow

FOLDER = Path(str(resources.files("trainer") / "assets" / "backbone"))


@pytest.fixture(scope="module")
def backbone() -> object:
    from trainer.networks.weights import build_backbone

    config = TrainConfig("sample")
    return build_backbone(config.network, config.shape, config.weights)


def test_it_is_small_and_fits_the_keras_model_array_by_array() -> None:
    model = BACKBONES[BUNDLED.backbone].create(Shape(BUNDLED.alpha, BUNDLED.image_size), None)
    path = FOLDER / BUNDLED.file
    assert path.stat().st_size <= 1_000_000
    with np.load(path, allow_pickle=False) as archive:
        arrays = [archive[name] for name in archive.files]
    assert [array.shape for array in arrays] == [weight.shape for weight in model.get_weights()]
    assert {array.dtype.name for array in arrays} == {"float16"}
    assert all(np.isfinite(array).all() for array in arrays)


def test_its_log_says_how_good_the_whole_classifier_was() -> None:
    log = json.loads((FOLDER / BUNDLED.file).with_suffix(".json").read_text())
    assert log["test_top1_10000_official_images"] >= 0.91
    assert (log["alpha"], log["image_size"]) == (BUNDLED.alpha, BUNDLED.image_size)


@pytest.mark.slow  # the sample is recognised below
def test_a_linear_probe_recognises_official_test_images(backbone: object) -> None:
    """Official images that are not in the sample, through the preprocessing that ships, and a plain linear model."""
    train, test = (_features(backbone, prefix, range(start, start + 1000)) for prefix, start in PROBES)
    probe = RidgeClassifier(alpha=100).fit(*train)
    assert probe.score(*test) >= 0.88


PROBES = (("train", 30_000), ("t10k", 5_000))


def _features(backbone: object, prefix: str, numbers: range) -> tuple[np.ndarray, np.ndarray]:
    official = fashion_mnist()
    images = read_idx(official / f"{prefix}-images-idx3-ubyte.gz")[numbers.start : numbers.stop]
    labels = read_idx(official / f"{prefix}-labels-idx1-ubyte.gz")[numbers.start : numbers.stop]
    spec = BACKBONES[BUNDLED.backbone].preprocessing(BUNDLED.image_size, "squash")
    preprocess = Preprocessor(spec, TensorSpec((1, spec.height, spec.width, 3), "float32"))
    pixels = np.empty((len(images), spec.height, spec.width, 3), np.float32)
    for index, image in enumerate(images):
        preprocess(np.repeat(image[..., None], 3, axis=2), pixels[index : index + 1])
    return backbone.predict(pixels, verbose=0), labels  # type: ignore[attr-defined]


def test_the_sample_is_recognised_by_the_nearest_class_mean(backbone: object) -> None:
    """Without any training of ours: the features alone tell the classes apart."""
    from trainer.features.extractor import FeatureExtractor

    source = open_data("sample")
    spec = BACKBONES[BUNDLED.backbone].preprocessing(BUNDLED.image_size, "squash")
    extractor = FeatureExtractor(backbone, spec, cache_bytes=0)
    values = extractor.extract(source.images)[np.arange(len(source.images))]
    labels = np.array([label for (label,) in source.images.labels])
    is_test = np.array([part == "test" for part in source.parts])
    means = np.stack([values[~is_test & (labels == label)].mean(axis=0) for label in range(10)])
    nearest = np.linalg.norm(values[is_test, None] - means, axis=2).argmin(axis=1)
    assert (nearest == labels[is_test]).mean() >= 0.8
