"""The phases of a training: a head on the backbone's features, then the backbone's top; or a whole network at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from edge_runtime.console.command import logger
from trainer.config import TrainConfig
from trainer.fit.checkpoint import Checkpoints
from trainer.fit.distribution import ALONE, Workers
from trainer.fit.feeds import FeatureFeed, Feed, ImageFeed
from trainer.fit.history import History
from trainer.fit.loop import evaluate_loss, run_phase
from trainer.fit.objective import Objective
from trainer.fit.optimizers import make_optimizer
from trainer.fit.scale import Scale
from trainer.networks import LEVEL_PREFIX, KerasModel

HEAD, FINE_TUNING, WHOLE = "head", "fine-tuning", "training"
"""The names of the phases."""

_DROPOUT, _HIDDEN, _HIDDEN_DROPOUT, _DENSE = "head_dropout", "head_hidden", "head_hidden_dropout", "head_dense"


@dataclass(frozen=True, eq=False)
class Fitting:
    """What all phases of one training have in common."""

    config: TrainConfig
    objective: Objective
    checkpoints: Checkpoints
    workers: Workers = ALONE
    scale: Scale | None = None
    """What the head learns takes features in this scale, until :meth:`finish`."""

    def train_head(self, model: KerasModel, train: FeatureFeed, val: FeatureFeed) -> History:
        """Trains the head of ``model`` in place, on features.

        Raises:
            DivergedError: the loss is no finite number any more.
            ResumeError: the state of an interrupted training does not fit.
        """
        features = keras.Input(model.get_layer(_DROPOUT).input.shape[1:])
        rate, epochs = self.config.learning_rate, self.config.epochs
        return self._run(self.workers.model(features, self._scores(features, model)), HEAD, (train, val), rate, epochs)

    def fine_tune(self, model: KerasModel, train: ImageFeed, val: ImageFeed) -> History:
        """Trains the top layers of ``model`` in place, with BatchNorm frozen and a lower rate.

        Unless the last epoch's weights are to be kept, those from before stay where no epoch lowered the val_loss.

        Raises:
            DivergedError: the loss is no finite number any more.
            ResumeError: the state of an interrupted training does not fit.
        """
        _unfreeze_top(model, self.config.fine_tune_layers)
        outputs = self._scores(model.get_layer(_DROPOUT).input, model)
        tuned = self.workers.model(model.input, outputs)  # shares the weights, keeps the optimizer out of model's file
        self._compile(tuned, val, "sgd")  # only to measure
        weights_before = model.get_weights()
        loss_before = evaluate_loss(tuned, val)
        rate, epochs = self.config.learning_rate * self.config.fine_tune_rate, self.config.fine_tune_epochs
        history = self._run(tuned, FINE_TUNING, (train, val), rate, epochs)
        if self.config.keep == "best" and min(history["val_loss"]) >= loss_before:
            logger.info("fine-tuning did not lower the validation loss, so the head alone is kept")
            model.set_weights(weights_before)
        return history

    def train_whole(self, model: KerasModel, train: ImageFeed, val: ImageFeed) -> History:
        """Trains all of ``model`` in place.

        Raises:
            DivergedError: the loss is no finite number any more.
            ResumeError: the state of an interrupted training does not fit.
        """
        whole = self.workers.model(model.input, model.output)
        return self._run(whole, WHOLE, (train, val), self.config.learning_rate, self.config.epochs)

    def finish(self, model: KerasModel) -> None:
        """Makes the head of ``model`` take the backbone's features as they are; after the last phase."""
        if self.scale:
            self.scale.fold_into(next(layer for layer in _head(model) if isinstance(layer, keras.layers.Dense)))

    def _scores(self, features: Any, model: KerasModel) -> Any:
        """What the head of ``model`` makes of features."""
        if self.scale:
            features = keras.layers.Normalization(mean=self.scale.mean, variance=self.scale.variance)(features)
        for layer in _head(model):
            features = layer(features)
        return features

    def _run(self, model: KerasModel, phase: str, feeds: tuple[Feed, Feed], rate: float, epochs: int) -> History:
        self._compile(model, feeds[0], make_optimizer(self.config, rate, feeds[0].steps, epochs))
        return run_phase(
            model,
            phase,
            feeds,
            epochs=epochs,
            checkpoints=self.checkpoints,
            patience=self.config.patience,
            plateau_from=rate if self.config.schedule == "plateau" else None,
            keep=self.config.keep,
        )

    def _compile(self, model: KerasModel, feed: Feed, optimizer: Any) -> None:
        model.compile(
            optimizer=optimizer,
            loss=self.objective.loss(self.config.label_smoothing),
            metrics=[self.objective.metric()],
            steps_per_execution=feed.steps_at_once if self.workers.strategy is None else 1,
            jit_compile=False,  # compiling takes longer than it saves on a CPU
        )


def attach_head(backbone: KerasModel, objective: Objective, config: TrainConfig) -> KerasModel:
    """Returns backbone and a new head as one model, from images to scores, float32 (batch, outputs).

    The head: dropout, where wanted a dense layer with ReLU and dropout again, a dense layer with the task's activation.
    On pretrained features the last layer begins at zero: from random weights, what a few hundred images say nothing
    about would stay random.
    """
    layers = keras.layers
    decay: dict[str, Any] = {"kernel_regularizer": keras.regularizers.L2(config.l2) if config.l2 else None}
    x = layers.Dropout(config.dropout, name=_DROPOUT)(backbone.output)
    if config.dense_units:
        x = layers.Dense(config.dense_units, activation="relu", name=_HIDDEN, **decay)(x)
        x = layers.Dropout(config.dropout, name=_HIDDEN_DROPOUT)(x)
    last = layers.Dense(
        objective.outputs,
        activation=objective.activation,
        kernel_initializer="glorot_uniform" if config.is_from_scratch else "zeros",
        dtype="float32",  # also where the rest is computed in float16
        name=_DENSE,
        **decay,
    )
    return keras.Model(backbone.input, last(x), name=backbone.name)


def _head(model: KerasModel) -> list[Any]:
    names = [layer.name for layer in model.layers]
    return list(model.layers[names.index(_DROPOUT) :])


def _unfreeze_top(model: KerasModel, count: int) -> None:
    """Makes the head and the ``count`` layers below it trainable; BatchNorm keeps its statistics and weights."""
    backbone = [layer for layer in model.layers if not layer.name.startswith(("head_", LEVEL_PREFIX))]
    for layer in backbone:
        layer.trainable = False
    for layer in backbone[-count:]:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
