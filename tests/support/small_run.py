"""Writes a RUN folder by hand: a Keras model of three colours that needs no training, and images it gets right.

The colours are all bright and differ little, so a calibration on darker images cannot tell them apart.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from edge_runtime.contracts.dataset import read_image_folder
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.training import MODEL_NAME, TRAINING_NAME, DataRecord, LabelledName, TrainingRecord

CLASSES = ("red", "green", "blue")
SIDE = 12
IMAGES_A_CLASS = {"train": 6, "val": 2, "test": 5}
_BRIGHT, _BRIGHTER, _NOISE = 190, 240, 15


def write_small_run(folder: Path) -> Path:
    """Writes ``folder/data`` and ``folder/run``; returns the latter."""
    run = folder / "run"
    run.mkdir(parents=True)
    write_color_model(run / MODEL_NAME, outputs=len(CLASSES))
    write_record(run, folder / "data")
    return run


def write_color_model(path: Path, outputs: int) -> None:
    """A convolution that passes on, the mean over the image, and a dense layer that finds the strongest channel."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    features = keras.layers.Conv2D(3, 1, name="channels")(image)
    means = keras.layers.GlobalAveragePooling2D()(features)
    scores = keras.layers.Dense(outputs, activation="softmax", name="classes")(means)
    model = keras.Model(image, scores)
    model.get_layer("channels").set_weights([np.eye(3)[None, None], np.zeros(3)])
    model.get_layer("classes").set_weights([8 * np.eye(3, outputs), np.zeros(outputs)])
    model.save(path)


def write_color_images(root: Path, count: int, seed: int) -> Path:
    """Writes ``count`` noisy images of each colour, all different; returns ``root``."""
    generator = np.random.default_rng(seed)
    for channel, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True)
        for number in range(count):
            pixels = _BRIGHT + generator.integers(-_NOISE, _NOISE, (SIDE, SIDE, 3))
            pixels[..., channel] += _BRIGHTER - _BRIGHT
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number}.png")
    return root


def write_grey_image(root: Path) -> Path:
    """Writes a class folder with one grey image, which breaks any calibration; returns ``root``."""
    (root / CLASSES[0]).mkdir(parents=True)
    Image.new("RGB", (SIDE, SIDE), (128, 128, 128)).save(root / CLASSES[0] / "0.png")
    return root


def write_dark_images(root: Path) -> Path:
    """Writes two images of each colour, none brighter than 60 of 255; returns ``root``."""
    for channel, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True)
        for number in range(2):
            pixels = np.random.default_rng(number).integers(0, 30, (SIDE, SIDE, 3))
            pixels[..., channel] *= 2
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number}.png")
    return root


def write_record(run: Path, data: Path) -> None:
    """Writes the images below ``data`` and the record of a training on them."""
    split = {}
    for number, (part, count) in enumerate(IMAGES_A_CLASS.items()):
        write_color_images(data / part, count, seed=number)
        images = read_image_folder(data / part, CLASSES)
        split[part] = tuple(
            LabelledName(f"{part}/{name}", labels) for name, labels in zip(images.names, images.labels, strict=True)
        )
    record = TrainingRecord(
        created_utc="2026-01-01T00:00:00+00:00",
        task="single-label",
        classes=CLASSES,
        activation="none",
        preprocessing=PreprocessSpec(SIDE, SIDE),
        data=DataRecord(str(data), "f" * 64, split),
        config={"epochs": 0},
        history={},
        metrics={},
        seconds={},
        versions={},
    )
    (run / TRAINING_NAME).write_text(record.to_json(), "utf-8")
