"""Small networks that are trained from scratch, on images of any size, in colour or grey."""

from __future__ import annotations

from trainer.networks.base import Backbone, KerasModel, Shape, pooling_layer

_SMALL_CNN_UNITS = 128
_THREE_BLOCKS_FROM = 48
"""The input size from which ``small-cnn`` has a third block."""


def _create_small_cnn(shape: Shape, _weights: str | None) -> KerasModel:
    """Two or three blocks of convolution and pooling, dropout, a dense layer."""
    import keras
    from keras import layers

    image = keras.Input((shape.size, shape.size, shape.channels))
    x = image
    for filters in (32, 64) if shape.size < _THREE_BLOCKS_FROM else (32, 64, 128):
        x = layers.Conv2D(max(1, round(filters * shape.alpha)), 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.25)(pooling_layer(shape.pooling)(x))
    features = layers.Dense(max(1, round(_SMALL_CNN_UNITS * shape.alpha)), activation="relu")(x)
    return keras.Model(image, features, name="small_cnn")


def _create_lenet(shape: Shape, _weights: str | None) -> KerasModel:
    """LeNet-5 (LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998), with ReLU."""
    import keras
    from keras import layers

    image = keras.Input((shape.size, shape.size, shape.channels))
    x = layers.Conv2D(6, 5, padding="same", activation="relu")(image)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(16, 5, activation="relu")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Dense(120, activation="relu")(pooling_layer(shape.pooling)(x))
    features = layers.Dense(84, activation="relu")(x)
    return keras.Model(image, features, name="lenet")


FROM_SCRATCH = (
    Backbone(
        name="small-cnn",
        create=_create_small_cnn,
        normalization="0..1",
        smallest_size=8,
        default_size=64,
        colors=("RGB", "GRAY"),
    ),
    Backbone(
        name="lenet",
        create=_create_lenet,
        normalization="0..1",
        smallest_size=12,
        default_size=32,
        alphas=(1.0,),
        colors=("RGB", "GRAY"),
    ),
)
