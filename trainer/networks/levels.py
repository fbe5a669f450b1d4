"""Features from more than the last map of a network, for images that the network was not pretrained on."""

from __future__ import annotations

from collections.abc import Sequence

from trainer.networks.base import Backbone, KerasModel, Pooling, Shape, pooling_layer

LEVEL_PREFIX = "level_"
"""Of the names of the layers that :func:`join_levels` adds."""


def with_levels(backbone: Backbone, network: KerasModel, shape: Shape) -> KerasModel:
    """Returns what ``backbone.create`` built, giving the features of as many levels as the shape says."""
    inner = backbone.inner_levels[len(backbone.inner_levels) + 1 - shape.levels :]
    return join_levels(network, inner, shape.pooling) if inner else network


def join_levels(network: KerasModel, inner: Sequence[str], pooling: Pooling) -> KerasModel:
    """Returns the network with more features: the pooled maps of inner layers, and after them its own.

    Args:
        network: a ``keras.Model`` from images to pooled features; its weights are shared.
        inner: names of layers with a feature map, float32 (batch, height, width, channels).
        pooling: of the inner maps, "avg" or "max".
    """
    from keras import Model, layers

    pooled = [pooling_layer(pooling, f"{LEVEL_PREFIX}{name}")(network.get_layer(name).output) for name in inner]
    joined = layers.Concatenate(name=f"{LEVEL_PREFIX}join")([*pooled, network.output])
    return Model(network.input, joined, name=network.name)
