"""Varies images with Keras's preprocessing layers, repeatably: equal seeds give equal images."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.augmentation.settings import Augmentation

_RANGE = (0.0, 255.0)
_ERASED = (0.02, 0.2)
"""How much of an image's area an erased rectangle covers."""


class Augmenter:
    """Varies pixels in 0..255 by some settings. Not safe for use by two threads at once."""

    def __init__(self, settings: Augmentation, shape: tuple[int, int, int], seed: int) -> None:
        """Prepares the layers.

        Args:
            settings: by how much.
            shape: of an image: (height, width, channels).
            seed: of all that is drawn.
        """
        self._seed = seed
        self._layers = _make_layers(settings, channels=shape[2])
        pixels = tf.TensorSpec((None, *shape), tf.float32)
        states = tf.TensorSpec((len(self._layers), 2), tf.uint32)
        self._run = tf.function(self._vary, input_signature=(pixels, states))

    def __call__(self, pixels: NDArray[np.float32], seed: tuple[int, ...]) -> NDArray[np.float32]:
        """Returns varied images.

        Args:
            pixels: float32 (images, height, width, channels) in 0..255.
            seed: what this call draws; numbers from 0 up.
        """
        states = np.random.SeedSequence([self._seed, *seed]).generate_state(2 * len(self._layers))
        with tf.device("CPU:0"):
            varied: NDArray[np.float32] = self._run(pixels, states.reshape(-1, 2)).numpy()
        return varied

    def _vary(self, pixels: Any, states: Any) -> Any:
        for number, layer in enumerate(self._layers):
            layer.generator.state.assign(tf.cast(states[number], layer.generator.state.dtype))
            pixels = layer(pixels, training=True)
        return tf.clip_by_value(pixels, *_RANGE)


def _make_layers(settings: Augmentation, channels: int) -> list[Any]:
    layers = keras.layers
    made = []
    if settings.flip != "none":
        made.append(layers.RandomFlip({"both": "horizontal_and_vertical"}.get(settings.flip, settings.flip)))
    if settings.rotation:
        made.append(layers.RandomRotation(settings.rotation / 360, fill_mode="nearest"))
    if settings.zoom:
        made.append(layers.RandomZoom((-settings.zoom, settings.zoom), fill_mode="nearest"))
    if settings.shift:
        made.append(layers.RandomTranslation(settings.shift, settings.shift, fill_mode="nearest"))
    if settings.brightness:
        made.append(layers.RandomBrightness(settings.brightness, value_range=_RANGE))
    if settings.contrast:
        made.append(layers.RandomContrast(settings.contrast, value_range=_RANGE))
    if settings.saturation and channels > 1:
        made.append(layers.RandomSaturation((0.5 - settings.saturation / 2, 0.5 + settings.saturation / 2), _RANGE))
    if settings.hue and channels > 1:
        made.append(layers.RandomHue(settings.hue, value_range=_RANGE))
    if settings.erase:
        made.append(layers.RandomErasing((settings.erase, settings.erase), _ERASED, value_range=_RANGE))
    return made
