"""The head: what makes scores of a backbone's features. Importing it does not import Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trainer.networks.base import KerasModel
from trainer.networks.levels import LEVEL_PREFIX

_PREFIX = "head_"
_DROPOUT, _HIDDEN, _HIDDEN_DROPOUT, _DENSE = (
    f"{_PREFIX}{name}" for name in ("dropout", "hidden", "hidden_dropout", "dense")
)


@dataclass(frozen=True)
class Head:
    """What a head is made of.

    Attributes:
        outputs: how many numbers it gives.
        activation: of its last layer, as Keras calls it.
        dropout: the share of features that each training step leaves out.
        dense_units: of a dense layer with ReLU before the last; 0 leaves it out.
        l2: the weight decay of its dense layers.
        starts_at_zero: whether the last layer's weights begin at zero. On pretrained features they do: from random
            weights, what a few hundred images say nothing about would stay random.
    """

    outputs: int
    activation: str
    dropout: float = 0.0
    dense_units: int = 0
    l2: float = 0.0
    starts_at_zero: bool = True


def attach_head(backbone: KerasModel, head: Head) -> KerasModel:
    """Returns backbone and a new head as one model, from images to scores, float32 (batch, outputs).

    The head: dropout, where wanted a dense layer with ReLU and dropout again, a dense layer with the task's activation.
    """
    import keras
    from keras import layers

    decay: dict[str, Any] = {"kernel_regularizer": keras.regularizers.L2(head.l2) if head.l2 else None}
    x = layers.Dropout(head.dropout, name=_DROPOUT)(backbone.output)
    if head.dense_units:
        x = layers.Dense(head.dense_units, activation="relu", name=_HIDDEN, **decay)(x)
        x = layers.Dropout(head.dropout, name=_HIDDEN_DROPOUT)(x)
    last = layers.Dense(
        head.outputs,
        activation=head.activation,
        kernel_initializer="zeros" if head.starts_at_zero else "glorot_uniform",
        dtype="float32",  # also where the rest is computed in float16
        name=_DENSE,
        **decay,
    )
    return keras.Model(backbone.input, last(x), name=backbone.name)


def head_layers(model: KerasModel) -> list[Any]:
    """The layers of the head of ``model``, from features to scores."""
    names = [layer.name for layer in model.layers]
    return list(model.layers[names.index(_DROPOUT) :])


def unfreeze_top(model: KerasModel, count: int) -> None:
    """Makes the head and the ``count`` layers below it trainable; BatchNorm keeps its statistics and weights."""
    from keras import layers

    backbone = [layer for layer in model.layers if not layer.name.startswith((_PREFIX, LEVEL_PREFIX))]
    for layer in backbone:
        layer.trainable = False
    for layer in backbone[-count:]:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
