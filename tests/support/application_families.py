"""A network of every family in ``keras.applications``, with random weights, through edge-convert's door.

    python tests/support/application_families.py [FAMILY...]

prints a row a family. ``tests/converter/test_applications.py`` runs the small ones; the others take minutes each.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from small_run import CLASSES, write_color_images

FAMILIES: dict[str, tuple[str, int, dict[str, Any]]] = {  # fed with -1..1
    "convnext": ("ConvNeXtTiny", 32, {"include_preprocessing": False}),
    "densenet": ("DenseNet121", 32, {}),
    "efficientnet": ("EfficientNetB0", 32, {}),
    "efficientnet_v2": ("EfficientNetV2B0", 32, {"include_preprocessing": False}),
    "inception_resnet_v2": ("InceptionResNetV2", 75, {}),
    "inception_v3": ("InceptionV3", 75, {}),
    "mobilenet": ("MobileNet", 32, {"alpha": 0.25}),
    "mobilenet_v2": ("MobileNetV2", 32, {"alpha": 0.35}),
    "mobilenet_v3": ("MobileNetV3Small", 32, {"include_preprocessing": False}),
    "nasnet": ("NASNetMobile", 32, {}),
    "resnet": ("ResNet50", 32, {}),
    "resnet_v2": ("ResNet50V2", 32, {}),
    "vgg16": ("VGG16", 32, {}),
    "vgg19": ("VGG19", 32, {}),
    "xception": ("Xception", 71, {}),
}
_NO_FAMILY = {"imagenet_utils", "resnet50"}


def families_of_keras() -> set[str]:
    """Those that the installed Keras has."""
    import keras

    return {name for name in dir(keras.applications) if name.islower() and name[0] != "_"} - _NO_FAMILY


def save(family: str, path: Path) -> Any:
    """Writes a classifier whose random weights let images through: outputs of some size, that differ by image."""
    import keras

    name, side, settings = FAMILIES[family]
    keras.utils.set_random_seed(1)
    make: Callable[..., Any] = getattr(keras.applications, name)
    base = make(weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3), **settings)
    model = keras.Sequential([base, keras.layers.Dense(len(CLASSES), name="scores")])
    noise = np.random.default_rng(0).uniform(-1, 1, (64, side, side, 3)).astype(np.float32)
    norms = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:  # as after training: random weights alone let hardly anything through a hundred layers
        norm.momentum = 0.0
    base(noise, training=True)
    features = keras.ops.convert_to_numpy(base(noise, training=False))
    dense = model.get_layer("scores")  # scores of mean 0 and deviation 2 on noise, whatever the features are
    kernel = np.random.default_rng(2).normal(size=(features.shape[1], len(CLASSES)))
    scores = features @ kernel
    dense.set_weights([2 * kernel / scores.std(axis=0), -2 * scores.mean(axis=0) / scores.std(axis=0)])
    model.save(path)
    return model


def check(family: str, folder: Path) -> float:
    """Saves the family's network as .keras and converts it to float32 and int8.

    Returns:
        The largest difference of a probability between Keras and the float32 file, on 10 images.

    Raises:
        AssertionError: it does not convert, or the float32 file has another best class than Keras.
    """
    from converter.cli import main as convert
    from edge_runtime import Classifier

    keras_model = save(family, folder / "model.keras")
    labels = folder / "labels.txt"
    labels.write_text("\n".join(CLASSES))
    images = write_color_images(folder / "eval", 2, seed=3)
    calibration = write_color_images(folder / "calibration", 2, seed=4)
    for recipe in ("float32", "int8"):
        out = folder / f"{recipe}.tflite"
        arguments = [str(folder / "model.keras"), "--out", str(out), "--labels", str(labels), "--quantize", recipe]
        arguments += ["--eval-data", str(images), "--calibration-data", str(calibration), "--normalization", "-1..1"]
        assert convert([*arguments, "--max-drop", "100", "--golden", "0", "--allow-chance"]) == 0
        assert json.loads((folder / f"{recipe}.report.json").read_text())["chosen"]["recipe"] == recipe
    side = FAMILIES[family][1]
    frames = np.random.default_rng(5).integers(0, 256, (10, side, side, 3), np.uint8)
    logits = np.asarray(keras_model.predict_on_batch(frames.astype(np.float32) / 127.5 - 1))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.ptp(expected, axis=0).max() > 0.05  # the images do not all look alike to it
    with Classifier(folder / "float32.tflite") as classifier:
        results = [classifier.classify(frame) for frame in frames]
    found = np.zeros_like(expected)
    for row, result in zip(found, results, strict=True):
        for category in result.categories:
            row[category.index] = category.score
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()
    return float(np.abs(found - expected).max())


def main(families: list[str]) -> int:
    """Prints what came of each family; returns 1 where one failed."""
    failed = 0
    for family in families:
        start = perf_counter()
        with tempfile.TemporaryDirectory() as name:
            try:
                with redirect_stdout(StringIO()):
                    said = f"the same top-1, scores differ by at most {check(family, Path(name)):.1e}"
            except Exception as error:  # noqa: BLE001 - whatever it was belongs into the table
                failed, said = 1, f"FAILED: {error}"
        print(f"| {family} | {FAMILIES[family][0]} | {said} | {perf_counter() - start:.0f} s |", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(FAMILIES)))
