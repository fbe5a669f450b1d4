"""Trains: first the head on the backbone's features, then, if wanted, the backbone's top layers on the images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.command import logger
from edge_runtime.contracts.progress import progress_bar
from trainer.backbones import KerasModel
from trainer.config import TrainConfig
from trainer.data.sequence import ImageSequence
from trainer.errors import DivergedError
from trainer.objective import Objective
from trainer.record import History

FINE_TUNE_FACTOR = 0.05
"""Fine-tuning's learning rate by the head's."""

_DROPOUT, _DENSE = "head_dropout", "head_dense"

LabelledFeatures = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Features (images, features) and the targets of each image (images, outputs)."""


def attach_head(backbone: KerasModel, objective: Objective, dropout: float) -> KerasModel:
    """Returns backbone and a new head as one model: dropout, then a dense layer with the objective's activation."""
    features = keras.layers.Dropout(dropout, name=_DROPOUT)(backbone.output)
    scores = keras.layers.Dense(objective.outputs, activation=objective.activation, name=_DENSE)(features)
    return keras.Model(backbone.input, scores, name=backbone.name)


def train_head(
    model: KerasModel, train: LabelledFeatures, val: LabelledFeatures, objective: Objective, config: TrainConfig
) -> History:
    """Trains the head of ``model`` in place, on features; the weights of the epoch with the lowest val_loss stay.

    Raises:
        DivergedError: the loss is no finite number any more.
    """
    features = keras.Input(train[0].shape[1:])
    head = keras.Model(features, model.get_layer(_DENSE)(model.get_layer(_DROPOUT)(features)))
    _compile(head, objective, config.learning_rate)
    return _fit(head, "head", config.epochs, x=train[0], y=train[1], batch_size=config.batch_size, validation_data=val)


def fine_tune(
    model: KerasModel, train: ImageSequence, val: ImageSequence, objective: Objective, config: TrainConfig
) -> History:
    """Trains the top layers of ``model`` in place, with BatchNorm frozen and a lower rate.

    The weights of the epoch with the lowest val_loss stay; where none is lower than before, the earlier weights do.

    Raises:
        DivergedError: the loss is no finite number any more.
    """
    _unfreeze_top(model, config.fine_tune_layers)
    tuned = keras.Model(model.input, model.output)  # shares the weights, and keeps the optimizer out of model's file
    _compile(tuned, objective, config.learning_rate * FINE_TUNE_FACTOR)
    weights_before = model.get_weights()
    loss_before = tuned.evaluate(val, verbose=0, return_dict=True)["loss"]
    history = _fit(tuned, "fine-tuning", config.fine_tune_epochs, x=train, shuffle=False, validation_data=val)
    if min(history["val_loss"]) >= loss_before:
        logger.info("fine-tuning did not lower the validation loss, so the head alone is kept")
        model.set_weights(weights_before)
    return history


def _unfreeze_top(model: KerasModel, count: int) -> None:
    """Makes the head and the ``count`` layers below it trainable; BatchNorm keeps its statistics and weights."""
    backbone = [layer for layer in model.layers if layer.name not in (_DROPOUT, _DENSE)]
    for layer in backbone:
        layer.trainable = False
    for layer in backbone[-count:]:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)


def _compile(model: KerasModel, objective: Objective, learning_rate: float) -> None:
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=objective.loss(), metrics=[objective.metric()])


def _fit(model: KerasModel, phase: str, epochs: int, **data: Any) -> History:
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    with progress_bar(phase, epochs, "epoch") as bar:
        figures = model.fit(epochs=epochs, verbose=0, callbacks=[best, _after_epoch(bar.update)], **data).history
    if not np.isfinite(figures["loss"] + figures["val_loss"]).all():
        raise DivergedError(f"{phase}: the loss is no finite number any more; use a lower --learning-rate")
    return {name: tuple(float(value) for value in values) for name, values in figures.items()}


def _after_epoch(action: Callable[[], Any]) -> keras.callbacks.Callback:
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: action())
