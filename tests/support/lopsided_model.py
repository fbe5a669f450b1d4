"""Networks that plain int8 spoils and a repair brings back, and images that they are right on: nothing is trained.

Neighbouring channels differ in range by a hundred and more, as batch normalisation leaves them in MobileNet. The images
are sorted into folders by what the float network answers, so every answer that quantizing changes counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIDE = 16
CLASSES = ("a", "b", "c", "d")


def build(kind: str, seed: int = 3) -> Any:
    """A ``keras.Model`` that takes pixels in -1..1.

    Args:
        kind: "LeNet", "flat" (its one convolution feeds a dense layer), "Sequential", "nested" or "any size".
        seed: of its weights.
    """
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    side = None if kind == "any size" else SIDE
    image = keras.Input((side, side, 3), name="image")
    if kind == "flat":
        body = [layers.Conv2D(16, 5, strides=3, activation="relu")]
    elif kind == "LeNet":
        body = [
            layers.Conv2D(8, 5, activation="relu"), layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        ]  # fmt: skip
    else:
        body = [layers.Conv2D(32, 3, activation="relu"), layers.DepthwiseConv2D(3, activation="relu"),
                layers.Conv2D(128, 1, activation="relu")]  # fmt: skip
    pool = layers.Flatten() if kind in ("LeNet", "flat") else layers.GlobalAveragePooling2D()
    head = [pool, layers.Dense(len(CLASSES), name="scores"), layers.Softmax()]
    if kind == "nested":
        inner = keras.Sequential([keras.Input((side, side, 3)), *body], name="backbone")
        model = keras.Sequential([image, inner, *head])
    elif kind == "any size":
        values = image
        for layer in (*body, *head):
            values = layer(values)
        model = keras.Model(image, values)
    else:
        model = keras.Sequential([image, *body, *head])
    _unbalance(body, np.random.default_rng(seed))
    _spread_scores(keras.Sequential([keras.Input((SIDE, SIDE, 3)), *body, pool]), head[1], seed)
    return model


def _unbalance(body: list[Any], generator: np.random.Generator) -> None:
    """Makes each convolution's output channels differ in range, and the next layer's weights undo it."""
    convolutions = [layer for layer in body if hasattr(layer, "kernel")]
    before = np.ones(3)
    for number, layer in enumerate(convolutions):
        kernel, bias = layer.get_weights()
        depthwise = type(layer).__name__ == "DepthwiseConv2D"
        kernel = kernel / before[:, None]
        is_last = number == len(convolutions) - 1
        scales = np.ones(bias.shape) if is_last else 10 ** generator.uniform(-1.2, 0.3, bias.shape)
        bias, before = generator.normal(0, 0.1, bias.shape), scales
        layer.set_weights([kernel * (scales[:, None] if depthwise else scales), bias * scales])


def _spread_scores(features: Any, dense: Any, seed: int) -> None:
    """Scores of mean 0 and deviation 2 each, so that every class has images."""
    values = np.asarray(features.predict_on_batch(pixels(64, seed + 1) / 127.5 - 1))
    spread = values.std(axis=0)
    weights = np.random.default_rng(seed + 2).normal(size=(values.shape[1], len(CLASSES)))
    kernel = weights / (spread + 0.3 * spread.max())[:, None]
    scores = values @ kernel
    dense.set_weights([2 * kernel / scores.std(axis=0), -2 * scores.mean(axis=0) / scores.std(axis=0)])


def pixels(count: int, seed: int) -> np.ndarray:
    """Smooth coloured patterns, float32 (count, SIDE, SIDE, 3), whole numbers within 0..255."""
    generator = np.random.default_rng(seed)
    coarse = generator.uniform(0, 255, (count, 3, 3, 3)).astype(np.uint8)
    return np.stack(
        [
            np.asarray(Image.fromarray(each).resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
            for each in coarse
        ]
    )


def write_images(root: Path, model: Any, count: int, seed: int) -> Path:
    """Writes ``count`` images, each below the class that ``model`` gives it; returns ``root``."""
    images = pixels(count, seed)
    answers = np.asarray(model.predict_on_batch(images / 127.5 - 1)).argmax(axis=1)
    for name in CLASSES:
        (root / name).mkdir(parents=True)
    for number, (image, answer) in enumerate(zip(images, answers, strict=True)):
        Image.fromarray(image.astype(np.uint8)).save(root / CLASSES[answer] / f"{number}.png")
    return root
