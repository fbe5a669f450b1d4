"""A network of every family in ``keras.applications``, with random weights: the file answers what Keras answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_run import CLASSES, write_color_images

from converter.cli import main
from edge_runtime import Classifier

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

FAMILIES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "convnext": ("ConvNeXtTiny", 32, {}),
    "densenet": ("DenseNet121", 32, {}),
    "efficientnet": ("EfficientNetB0", 32, {}),
    "efficientnet_v2": ("EfficientNetV2B0", 32, {}),
    "inception_resnet_v2": ("InceptionResNetV2", 75, {}),
    "inception_v3": ("InceptionV3", 75, {}),
    "mobilenet": ("MobileNet", 32, {"alpha": 0.25}),
    "mobilenet_v2": ("MobileNetV2", 32, {"alpha": 0.35}),
    "mobilenet_v3": ("MobileNetV3Small", 32, {}),
    "nasnet": ("NASNetMobile", 32, {}),
    "resnet": ("ResNet50", 32, {}),
    "resnet_v2": ("ResNet50V2", 32, {}),
    "vgg16": ("VGG16", 32, {}),
    "vgg19": ("VGG19", 32, {}),
    "xception": ("Xception", 71, {}),
}
_NO_FAMILY = {"imagenet_utils", "mobilenet_v3_small", "mobilenet_v3_large"}


def save(family: str, path: Path) -> Any:
    """Writes a classifier whose random weights let images through: outputs of some size, that differ by image."""
    import keras

    name, side, settings = FAMILIES[family]
    keras.utils.set_random_seed(1)
    make: Callable[..., Any] = getattr(keras.applications, name)
    base = make(weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3), **settings)
    model = keras.Sequential([base, keras.layers.Dense(len(CLASSES), name="scores")])
    noise = np.random.default_rng(0).uniform(-1, 1, (8, side, side, 3)).astype(np.float32)
    features = keras.ops.convert_to_numpy(base(noise, training=False))
    dense = model.get_layer("scores")  # scores of mean 0 and deviation 2 on noise, whatever the features are
    kernel = np.random.default_rng(2).normal(size=(features.shape[1], len(CLASSES)))
    scores = features @ kernel
    dense.set_weights([2 * kernel / scores.std(axis=0), -2 * scores.mean(axis=0) / scores.std(axis=0)])
    model.save(path)
    return model


def test_every_family_is_here() -> None:
    import keras

    modules = {name for name in dir(keras.applications) if name.islower() and not name.startswith("_")}
    assert modules - _NO_FAMILY == set(FAMILIES) - {"mobilenet_v3"} | ({"mobilenet_v3"} & modules)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_converts_to_float32_and_int8(family: str, tmp_path: Path) -> None:
    keras_model = save(family, tmp_path / "model.keras")
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(CLASSES))
    images = write_color_images(tmp_path / "eval", 2, seed=3)
    calibration = write_color_images(tmp_path / "calibration", 2, seed=4)
    for recipe in ("float32", "int8"):
        out = tmp_path / f"{recipe}.tflite"
        arguments = [str(tmp_path / "model.keras"), "--out", str(out), "--labels", str(labels), "--quantize", recipe]
        arguments += ["--eval-data", str(images), "--calibration-data", str(calibration), "--normalization", "-1..1"]
        assert main([*arguments, "--max-drop", "100", "--golden", "0", "--allow-chance"]) == 0
        assert json.loads((tmp_path / f"{recipe}.report.json").read_text())["chosen"]["recipe"] == recipe
    side = FAMILIES[family][1]
    frames = np.random.default_rng(5).integers(0, 256, (10, side, side, 3), np.uint8)
    logits = np.asarray(keras_model.predict_on_batch(frames.astype(np.float32) / 127.5 - 1))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.ptp(expected, axis=0).max() > 0.05  # the images do not all look alike to it
    with Classifier(tmp_path / "float32.tflite") as classifier:
        results = [classifier.classify(frame) for frame in frames]
    for result, scores in zip(results, expected, strict=True):
        found = {category.index: category.score for category in result.categories}
        assert result.best.index == scores.argmax()
        np.testing.assert_allclose([found[index] for index in range(len(CLASSES))], scores, atol=2e-4)
