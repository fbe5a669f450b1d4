"""One training phase, epoch by epoch: its weights kept, its state on disk after each epoch, resumed from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from edge_runtime.console.native import end_if_interrupted
from edge_runtime.console.progress import progress_bar
from trainer.config import Keep
from trainer.errors import DivergedError
from trainer.fit.checkpoint import Checkpoints, PhaseState
from trainer.fit.feeds import Feed
from trainer.fit.history import History
from trainer.fit.optimizers import plateau_rate
from trainer.networks import KerasModel


def run_phase(
    model: KerasModel,
    phase: str,
    feeds: tuple[Feed, Feed],
    *,
    epochs: int,
    checkpoints: Checkpoints,
    patience: int = 0,
    plateau_from: float | None = None,
    keep: Keep = "best",
) -> History:
    """Trains a compiled model in place.

    Args:
        model: what is trained.
        phase: its name in history and progress.
        feeds: for training and validation.
        epochs: how many, those of an interrupted training included.
        checkpoints: where its state is kept and found.
        patience: ends the phase when val_loss has set no minimum for so many epochs; 0 for never.
        plateau_from: where the learning rate follows the validation loss, the first one.
        keep: which weights stay: of the epoch with the lowest val_loss, or of the last.

    Raises:
        DivergedError: the loss is no finite number any more.
        ResumeError: the state on disk does not fit.
    """
    keeper = _Keeper(model, phase, checkpoints, patience, plateau_from, keep)
    keeper.restore()
    first = keeper.state.epochs
    if first < epochs and not keeper.is_over:
        train, val = feeds
        with progress_bar(phase, train.steps * epochs, "step") as bar:
            bar.update(first * train.steps)
            model.fit(
                train.dataset(range(first, epochs)),
                steps_per_epoch=train.steps,
                initial_epoch=first,
                epochs=epochs,
                shuffle=False,
                validation_data=val.dataset(range(1)),
                callbacks=[keeper, _Bar(bar, train.steps_at_once)],
                verbose=0,
            )
    model.set_weights(keeper.state.kept)
    return {name: tuple(values) for name, values in keeper.state.figures.items()}


def evaluate_loss(model: KerasModel, feed: Feed) -> float:
    """The loss of a compiled model, as it stands."""
    return float(model.evaluate(feed.dataset(range(1)), verbose=0, return_dict=True)["loss"])


class _Bar(keras.callbacks.Callback):
    """Moves a progress bar on, and sees to it that Ctrl-C ends the training."""

    def __init__(self, bar: Any, steps: int) -> None:
        super().__init__()
        self._bar = bar
        self._steps = steps

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras names them
        """Moves it on."""
        end_if_interrupted()
        self._bar.update(self._steps)


class _Keeper(keras.callbacks.Callback):
    """Keeps the state of a phase, in memory and on disk, and says when it ends."""

    def __init__(
        self,
        model: KerasModel,
        phase: str,
        checkpoints: Checkpoints,
        patience: int,
        plateau_from: float | None,
        keep: Keep,
    ) -> None:
        super().__init__()
        self._trained = model
        self._phase = phase
        self._checkpoints = checkpoints
        self._patience = patience
        self._plateau_from = plateau_from
        self._keep = keep
        model.optimizer.build(model.trainable_variables)
        self.state = PhaseState(
            {"loss": [], "val_loss": []}, self._arrays(model.variables), self._optimizer(), model.get_weights()
        )

    def restore(self) -> None:
        """Goes on from the state on disk, where there is one."""
        state = self._checkpoints.load(self._phase, self.state)
        if state is None:
            return
        self.state = state
        for variables, arrays in (
            (self._trained.variables, state.variables),
            (self._trained.optimizer.variables, state.optimizer),
        ):
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)

    @property
    def is_over(self) -> bool:
        """Whether the validation loss has set no minimum for too long."""
        losses = self.state.figures["val_loss"]
        return bool(self._patience and losses and len(losses) - 1 - int(np.argmin(losses)) >= self._patience)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras names them
        """Sets the learning rate that follows the validation loss."""
        if self._plateau_from is not None:
            rate = plateau_rate(self._plateau_from, self.state.figures["val_loss"])
            self._trained.optimizer.learning_rate.assign(rate)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Notes the figures, keeps the weights, and ends the training where it should end."""
        assert logs is not None
        if not np.isfinite([logs["loss"], logs["val_loss"]]).all():
            raise DivergedError(f"{self._phase}: the loss is no finite number any more; use a lower --learning-rate")
        losses = self.state.figures["val_loss"]
        stays = self._keep == "last" or not losses or logs["val_loss"] < min(losses)
        figures = {name: [*self.state.figures.get(name, []), float(value)] for name, value in logs.items()}
        kept = self._trained.get_weights() if stays else self.state.kept
        self.state = PhaseState(figures, self._arrays(self._trained.variables), self._optimizer(), kept)
        self._checkpoints.save(self._phase, self.state)
        self._trained.stop_training = self.is_over

    def _optimizer(self) -> list[Any]:
        return self._arrays(self._trained.optimizer.variables)

    @staticmethod
    def _arrays(variables: Sequence[Any]) -> list[Any]:
        return [variable.numpy() for variable in variables]
