"""Writes Keras models as strangers publish them; each tells the three colours of ``small_run`` apart untrained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from small_run import CLASSES, SIDE

GAIN = 8.0
"""The weight of a channel's mean, in -1..1, on its colour's score."""


def color_model(*, activation: str | None = "softmax", depthwise: bool = False, raw_pixels: bool = False) -> Any:
    """A ``keras.Model``: a residual block that passes on, the mean over the image, a dense layer."""
    import keras

    image = keras.Input((SIDE, SIDE, 3), name="image")
    if depthwise:
        block = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="block")
    else:
        block = keras.layers.Conv2D(3, 3, padding="same", use_bias=False, name="block")
    norm = keras.layers.BatchNormalization(name="norm")
    total = keras.layers.Add()([image, keras.layers.ReLU()(norm(block(image)))])
    means = keras.layers.GlobalAveragePooling2D()(total)
    scores = keras.layers.Dense(3, activation=activation, name="classes")(means)
    model = keras.Model(image, scores)
    kernel = np.zeros(block.kernel.shape)
    kernel[1, 1, :, :] = 1 if depthwise else np.eye(3)
    block.set_weights([kernel])
    gain = GAIN / 127.5 if raw_pixels else GAIN
    model.get_layer("classes").set_weights([gain * np.eye(3), np.zeros(3)])
    return model


def fragile_model() -> Any:
    """A ``keras.Model`` whose layer "fragile" 8-bit weights undo: a thousandfold weight on a channel that stays 0."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.Conv2D(4, 1, activation="relu", name="first")(image)
    values = keras.layers.Conv2D(3, 1, activation="relu", name="fragile")(values)
    scores = keras.layers.Dense(3, activation="softmax", name="classes")(keras.layers.GlobalAveragePooling2D()(values))
    model = keras.Model(image, scores)
    model.get_layer("first").set_weights([np.eye(3, 4)[None, None], np.zeros(4)])
    kernel = np.vstack([np.eye(3), np.full((1, 3), 1000.0)])
    model.get_layer("fragile").set_weights([kernel[None, None], np.zeros(3)])
    model.get_layer("classes").set_weights([GAIN * np.eye(3), np.zeros(3)])
    return model


def write_keras_2_file(path: Path) -> Path:
    """An .h5 as Keras 2 wrote it: ``groups`` in the configuration of DepthwiseConv2D, which Keras 3 does not know."""
    import h5py

    color_model(depthwise=True).save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "DepthwiseConv2D":
                layer["config"]["groups"] = 1
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.12.0"
    return path


def write_two_headed_file(path: Path) -> Path:
    """A model with a second row of numbers as output, and with a map."""
    import keras

    model = color_model()
    means = keras.layers.GlobalAveragePooling2D(name="means")(model.get_layer("norm").output)
    outputs = {"classes": model.output, "means": means, "map": model.get_layer("norm").output}
    keras.Model({"image": model.input}, outputs).save(path)
    return path


def write_lambda_file(path: Path) -> Path:
    """A model with Python code inside."""
    import keras

    model = color_model()
    keras.Model(model.input, keras.layers.Lambda(lambda scores: scores * 1.0)(model.output)).save(path)
    return path


def write_saved_model(path: Path) -> Path:
    """A SavedModel folder that takes any number of images."""
    color_model().export(path, format="tf_saved_model", verbose=False)
    return path


def write_float_tflite(path: Path) -> Path:
    """A float .tflite without metadata."""
    import tensorflow as tf

    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(color_model()).convert())
    return path


def write_labels(path: Path) -> Path:
    """The label file of all of them."""
    path.write_text("".join(f"{name}\n" for name in CLASSES))
    return path
