"""The phases of a training: a head on the backbone's features, then the backbone's top; or a whole network at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras

from edge_runtime.console.command import logger
from trainer.config import TrainConfig
from trainer.data import PreparedData
from trainer.features import Scale
from trainer.fit.checkpoint import Checkpoints
from trainer.fit.distribution import ALONE, Workers
from trainer.fit.feeds import FeatureFeed, Feed, ImageFeed, feature_feeds, image_feeds
from trainer.fit.history import History, PhaseLog
from trainer.fit.loop import evaluate_loss, run_phase
from trainer.fit.objective import Objective
from trainer.fit.optimizers import make_optimizer
from trainer.networks import Head, KerasModel, attach_head, head_layers, unfreeze_top, with_levels

HEAD, FINE_TUNING, WHOLE = "head", "fine-tuning", "training"
"""The names of the phases."""


def fit_model(
    config: TrainConfig,
    data: PreparedData,
    backbone: KerasModel,
    checkpoints: Checkpoints,
    log: PhaseLog,
    workers: Workers = ALONE,
) -> KerasModel:
    """Trains the backbone with a head; returns both as one model.

    Raises:
        DivergedError: the loss left the finite numbers.
        ImageError: an image has become unreadable since it was screened.
        ResumeError: the state of an interrupted training does not fit.
    """
    phases = Phases(config, Objective.of(data), checkpoints, workers)
    fit = _fit_whole if config.is_from_scratch else _fit_pretrained
    model = fit(phases, data, backbone, log)
    return _in_float32(model, phases) if config.mixed_precision else model


def _fit_whole(phases: Phases, data: PreparedData, network: KerasModel, log: PhaseLog) -> KerasModel:
    with log.timed("images"):
        feeds = image_feeds(phases.config, data, phases.workers)
    model = attach_head(network, phases.head)
    with log.timed(WHOLE):
        log.history[WHOLE] = phases.train_whole(model, *feeds)
    return model


def _fit_pretrained(phases: Phases, data: PreparedData, backbone: KerasModel, log: PhaseLog) -> KerasModel:
    config = phases.config
    with log.timed("features"):
        feeds = feature_feeds(config, data, backbone, phases.workers)
        phases = replace(phases, scale=Scale.of(feeds[0].views) if config.levels > 1 else None)
    model = attach_head(backbone, phases.head)
    with log.timed(HEAD):
        log.history[HEAD] = phases.train_head(model, *feeds)
    if config.fine_tune_epochs:
        with log.timed(FINE_TUNING):
            log.history[FINE_TUNING] = phases.fine_tune(model, *image_feeds(config, data, phases.workers))
    phases.finish(model)
    return model


def _in_float32(model: KerasModel, phases: Phases) -> KerasModel:
    """The same model without the casts of mixed precision, which no device needs."""
    keras.mixed_precision.set_global_policy("float32")
    backbone, shape = phases.config.network, phases.config.shape
    plain = attach_head(with_levels(backbone, backbone.create(shape, None), shape), phases.head)
    plain.set_weights(model.get_weights())
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with what it derives from its weights
    return plain


@dataclass(frozen=True, eq=False)
class Phases:
    """What all phases of one training have in common."""

    config: TrainConfig
    objective: Objective
    checkpoints: Checkpoints
    workers: Workers = ALONE
    scale: Scale | None = None
    """What the head learns takes features in this scale, until :meth:`finish`."""

    @property
    def head(self) -> Head:
        """What the head is made of."""
        return self.config.head(self.objective.outputs, self.objective.activation)

    def train_head(self, model: KerasModel, train: FeatureFeed, val: FeatureFeed) -> History:
        """Trains the head of ``model`` in place, on features.

        Raises:
            DivergedError: the loss is no finite number any more.
            ResumeError: the state of an interrupted training does not fit.
        """
        features = keras.Input(head_layers(model)[0].input.shape[1:])
        rate, epochs = self.config.learning_rate, self.config.epochs
        return self._run(self.workers.model(features, self._scores(features, model)), HEAD, (train, val), rate, epochs)

    def fine_tune(self, model: KerasModel, train: ImageFeed, val: ImageFeed) -> History:
        """Trains the top layers of ``model`` in place, with BatchNorm frozen and a lower rate.

        Unless the last epoch's weights are to be kept, those from before stay where no epoch lowered the val_loss.

        Raises:
            DivergedError: the loss is no finite number any more.
            ResumeError: the state of an interrupted training does not fit.
        """
        unfreeze_top(model, self.config.fine_tune_layers)
        outputs = self._scores(head_layers(model)[0].input, model)
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
            self.scale.fold_into(next(layer for layer in head_layers(model) if isinstance(layer, keras.layers.Dense)))

    def _scores(self, features: Any, model: KerasModel) -> Any:
        """What the head of ``model`` makes of features."""
        if self.scale:
            features = keras.layers.Normalization(mean=self.scale.mean, variance=self.scale.variance)(features)
        for layer in head_layers(model):
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
