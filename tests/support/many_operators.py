"""A small network with every kind of operator that a distillation knows from Keras, as .tflite files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SIDE = 8


def build(seed: int = 0) -> Any:
    """A ``keras.Model`` that takes (8, 8, 3)."""
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    image = keras.Input((SIDE, SIDE, 3))
    values = layers.ReLU(6.0)(layers.Conv2D(8, 3, padding="same")(image))
    values = layers.ReLU()(layers.DepthwiseConv2D(3, strides=2)(layers.ZeroPadding2D(1)(values)))
    left = layers.Conv2D(8, 1, activation="hard_silu")(values)
    right = layers.Conv2D(8, 1, activation="sigmoid")(values)
    values = layers.Concatenate()([layers.Multiply()([left, right]), layers.Subtract()([left, values])])
    values = layers.Conv2D(12, 3, padding="same", dilation_rate=2, activation="tanh")(values)
    pooled = layers.Add()([layers.MaxPooling2D()(values), layers.AveragePooling2D(2)(values)])
    values = layers.LeakyReLU()(layers.Dense(16)(layers.Flatten()(pooled)))
    values = layers.Concatenate()([values, layers.GlobalAveragePooling2D()(pooled)])
    model = keras.Model(image, layers.Dense(4, activation="softmax")(values))
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        layer.set_weights([generator.normal(0, 0.4, weight.shape) for weight in layer.get_weights()])
    return model


def images(count: int, seed: int = 0) -> np.ndarray:
    """Smooth patterns in -1..1, (count, 8, 8, 3)."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE, 0:1][:2] / SIDE
    slopes, phases = generator.uniform(-4, 4, (2, count, 1, 1, 3)), generator.uniform(0, 6, (count, 1, 1, 3))
    return np.sin(slopes[0] * rows + slopes[1] * columns + phases).astype(np.float32)


def convert(model: Any, pixels: np.ndarray, folder: Path) -> tuple[bytes, bytes]:
    """The float file of ``model``, and the int8 file that ``pixels`` calibrate."""
    from converter.models.keras import KerasFloatModel
    from converter.quantize import FLOAT32, INT8, Variant

    conversion = KerasFloatModel(folder / "model.keras", model).start_conversion(folder / "exported")

    def inputs() -> Any:
        return iter(pixels[:, None])

    float32, int8 = (conversion.convert(Variant(recipe, recipe.edges()), inputs) for recipe in (FLOAT32, INT8))
    return float32, int8
