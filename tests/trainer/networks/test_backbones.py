"""Every backbone of the registry, with random weights: trains, saves, loads, converts; the device sees what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from shared import SHARED_DATA, needs_shared_data

from converter.quantize.package import Identity, package_model
from converter.quantize.recipes import FLOAT32, Variant
from converter.tflite.metadata_write import ModelCard
from edge_runtime import Classifier, read_image
from edge_runtime.contracts.dataset import LabelledImages, read_image_folder
from edge_runtime.contracts.manifest import Provenance
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model.contract import ModelContract
from edge_runtime.preprocess import Preprocessor
from trainer import TrainConfig
from trainer.config.resolve import resolve
from trainer.data.pixels.source import normalized, without_normalization
from trainer.data.prepared import prepare_data
from trainer.data.source import open_data
from trainer.fit.checkpoint import Checkpoints
from trainer.fit.history import PhaseLog
from trainer.networks.base import Shape
from trainer.networks.levels import with_levels
from trainer.networks.registry import BACKBONES

pytestmark = pytest.mark.tensorflow

PHOTOS = 20
QUICK = [
    ("small-cnn", "rgb", 1),
    ("lenet", "gray", 1),
    ("mobilenet",),
]
"""The others are slow; mobilenet-v2 is the demo's."""


def _case(name: str, *more: object) -> Any:
    return pytest.param(name, *more, marks=() if (name, *more) in QUICK else pytest.mark.slow)


CASES = [
    *(_case(name, "rgb", 1) for name in BACKBONES),
    *(_case(name, "gray", 1) for name, backbone in BACKBONES.items() if "GRAY" in backbone.colors),
    _case("mobilenet", "rgb", 4),
]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty photos in two class folders."""
    root = tmp_path_factory.mktemp("photos")
    for number, path in enumerate(sorted((SHARED_DATA / "imagenet_500").glob("*.jpg"))[:PHOTOS]):
        folder = root / ("ab"[number % 2])
        folder.mkdir(exist_ok=True)
        (folder / path.name).symlink_to(path)
    return root


@needs_shared_data
@pytest.mark.parametrize(("name", "color", "levels"), CASES)
def test_it_trains_saves_loads_and_converts_and_the_device_agrees(
    photos: Path, tmp_path: Path, name: str, color: str, levels: int
) -> None:
    import keras

    from trainer.fit.phases import fit_model
    from trainer.networks.weights import build_backbone
    from trainer.run.tensorflow import start_tensorflow

    size = max(32, BACKBONES[name].smallest_size)
    config = TrainConfig(
        str(photos),
        backbone=name,
        weights="none" if BACKBONES[name].from_scratch else "random.h5",
        image_size=size,
        color=color,
        levels=levels,
        epochs=1,
        feature_cache=False,  # type: ignore[arg-type]
    )
    start_tensorflow(config)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.start({}, resume=False)
    images = read_image_folder(photos)
    inputs = _training_inputs(config, images)
    backbone = build_backbone(config.network, config.shape, "none")
    _wake(backbone, inputs)
    data = prepare_data(config, open_data(str(photos)))
    model = fit_model(config, data, backbone, checkpoints, PhaseLog())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    trained = np.asarray(loaded(inputs, training=False))
    assert np.ptp(trained, axis=0).min() > 1e-3, "photos differ, so must their scores"

    converted = _converted(loaded, (1, size, size, data.spec.channels))
    contract = ModelContract("single-label", images.classes, data.spec, "none", ())
    identity = Identity(contract, ModelCard(name, "", "1", "", ""), Provenance("2026-01-01T00:00:00+00:00", {}))
    package_model(converted, Variant(FLOAT32, FLOAT32.edges()), identity, tmp_path / "model.tflite")
    with Classifier(tmp_path / "model.tflite") as classifier:
        device = np.stack([classifier.scores(read_image(images.path(i))) for i in range(PHOTOS)])
    np.testing.assert_allclose(device, trained, atol=2e-3)  # random deep networks amplify the last bits
    np.testing.assert_array_equal(device.argmax(axis=1), trained.argmax(axis=1))


@pytest.mark.parametrize("name", [_case(name) for name, backbone in BACKBONES.items() if backbone.inner_levels])
def test_levels_are_the_pooled_inner_maps_and_then_the_features_there_were(name: str) -> None:
    import keras

    backbone = BACKBONES[name]
    shape = Shape(backbone.default_alpha, 64, levels=1 + len(backbone.inner_levels))
    network = backbone.create(shape, None)
    joined = with_levels(backbone, network, shape)
    pixels = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    features = np.asarray(joined(pixels, training=False))
    inner = keras.Model(network.input, [network.get_layer(level).output for level in backbone.inner_levels])
    maps = inner(pixels, training=False)
    wanted = [*(np.mean(one, axis=(1, 2)) for one in maps), np.asarray(network(pixels, training=False))]
    np.testing.assert_allclose(features, np.concatenate(wanted, axis=1), rtol=1e-3, atol=1e-5)
    assert [one.shape[1] for one in maps] == sorted((one.shape[1] for one in maps), reverse=True), "input to output"
    assert with_levels(backbone, network, replace(shape, levels=1)) is network
    two = with_levels(backbone, network, replace(shape, levels=2))
    np.testing.assert_allclose(two(pixels, training=False), np.concatenate(wanted[-2:], axis=1), rtol=1e-3, atol=1e-5)


def _converted(model: Any, shape: tuple[int, ...]) -> bytes:
    """As float32 .tflite, the short way: the SavedModel in between takes ten times as long for the large ones."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    function = tf.function(lambda pixels: model(pixels, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    frozen = convert_variables_to_constants_v2(concrete)
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen], model).convert())


def _wake(backbone: Any, inputs: np.ndarray) -> None:
    """Gives BatchNorm the statistics of the photos: with its first ones random weights make nothing of any image."""
    for layer in backbone.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.momentum = 0.0
    backbone(inputs, training=True)


def _training_inputs(config: TrainConfig, images: LabelledImages) -> np.ndarray:
    """The inputs as fine-tuning sees them: pixels, then the last step."""
    from trainer.data.pixels.batches import load_batch

    spec = config.preprocessing
    return normalized(load_batch(images, range(len(images)), without_normalization(spec)).pixels, spec)


@pytest.mark.parametrize("name", BACKBONES)
def test_pixels_held_in_memory_become_to_the_bit_what_the_device_makes_of_a_frame(name: str) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    for spec in {BACKBONES[name].preprocessing(33, "squash"), BACKBONES[name].preprocessing(33, "letterbox")}:
        tensor = TensorSpec((1, 33, 33, spec.channels), "float32")
        pixels, wanted = (np.empty(tensor.shape, np.float32) for _ in range(2))
        Preprocessor(spec, tensor)(frame, wanted)
        Preprocessor(without_normalization(spec), tensor)(frame, pixels)
        np.testing.assert_array_equal(normalized(pixels.astype(np.uint8).astype(np.float32), spec), wanted)


def _official(module: str) -> Callable[[np.ndarray], np.ndarray]:
    import keras

    return getattr(keras.applications, module).preprocess_input  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("mobilenet", "mobilenet"),
        ("mobilenet-v2", "mobilenet_v2"),
        ("resnet50", "resnet50"),
        ("vgg16", "vgg16"),
        ("nasnet-mobile", "nasnet"),
    ],
)
def test_preprocessing_outside_is_that_of_keras(name: str, module: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    wanted = _official(module)(pixels[None].astype(np.float32).copy())
    np.testing.assert_allclose(_preprocessed(name, pixels), wanted, atol=1e-4)


def _preprocessed(name: str, pixels: np.ndarray) -> np.ndarray:
    spec = BACKBONES[name].preprocessing(pixels.shape[0], "squash")
    out = np.empty((1, *pixels.shape), np.float32)
    Preprocessor(spec, TensorSpec(out.shape, "float32"))(pixels, out)
    return out


@pytest.mark.parametrize(
    ("name", "function", "arguments"),
    [
        ("mobilenet-v3-small", "MobileNetV3Small", {"alpha": 1.0}),
        pytest.param(
            "mobilenet-v3-large-minimalistic",
            "MobileNetV3Large",
            {"alpha": 1.0, "minimalistic": True},
            marks=pytest.mark.slow,
        ),
        pytest.param("efficientnet-v2-b0", "EfficientNetV2B0", {}, marks=pytest.mark.slow),
    ],
)
def test_preprocessing_that_keras_has_inside_gives_the_same_features_outside(
    name: str, function: str, arguments: dict[str, Any]
) -> None:
    import keras

    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    ours = BACKBONES[name].create(Shape(1.0, 32), None)
    keras_own = getattr(keras.applications, function)(
        input_shape=(32, 32, 3), include_top=False, weights=None, pooling="avg", **arguments
    )
    keras_own.set_weights(ours.get_weights())
    wanted = np.asarray(keras_own(pixels[None].astype(np.float32), training=False))
    np.testing.assert_allclose(np.asarray(ours(_preprocessed(name, pixels), training=False)), wanted, atol=1e-4)


@pytest.mark.slow
def test_efficientnet_b0_sees_what_its_published_weights_were_trained_on() -> None:
    """Keras publishes deviations where its layer expects variances, and corrects it only when it loads them itself."""
    import keras

    model = BACKBONES["efficientnet-b0"].create(Shape(1.0, 32), None)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    (layer,) = (layer for layer in model.layers if type(layer).__name__ == "Normalization")
    layer.set_weights([mean, std, np.array(0)])
    layer.finalize_state()
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    seen = keras.Model(model.input, model.get_layer("correction").output)(_preprocessed("efficientnet-b0", pixels))
    np.testing.assert_allclose(np.asarray(seen)[0], (pixels / 255 - mean) / std, atol=1e-4)


def test_small_images_are_taken_as_they_are_and_grey_ones_in_grey(tmp_path: Path) -> None:
    for name, pixels in (("a", 40), ("b", 200)):
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.fromarray(np.full((20, 20), pixels + number, np.uint8)).save(tmp_path / name / f"{number}.png")
    images = read_image_folder(tmp_path)
    config = resolve(TrainConfig(str(tmp_path), backbone="small-cnn"), images)
    assert (config.image_size, config.color, config.preprocessing.channels) == (20, "gray", 1)
    Image.new("RGB", (24, 20), (200, 40, 40)).save(tmp_path / "b" / "0.png")
    config = resolve(TrainConfig(str(tmp_path), backbone="small-cnn"), read_image_folder(tmp_path))
    assert (config.image_size, config.color) == (64, "rgb")
    kept = resolve(TrainConfig(str(tmp_path), backbone="lenet", image_size=48, color="gray"), images)
    assert (kept.image_size, kept.color) == (48, "gray")
