"""Optimisers and learning rates, as TrainConfig names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from trainer.config import FittingOptions

_MOMENTUM = 0.9
_STEPS = {0.5: 0.1, 0.75: 0.01}
"""For the schedule "step": from which part of the training on which share of the rate is used."""

PLATEAU_EPOCHS = 3
PLATEAU_FACTOR = 0.5


def make_optimizer(options: FittingOptions, rate: float, steps: int, epochs: int) -> Any:
    """Returns a ``keras.optimizers.Optimizer``.

    Args:
        options: which one, and its schedule.
        rate: the highest learning rate.
        steps: in an epoch.
        epochs: in the whole phase.
    """
    schedule = _schedule(options, rate, steps, epochs)
    if options.optimizer == "sgd":
        return keras.optimizers.SGD(schedule, momentum=_MOMENTUM, nesterov=True)
    kinds = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW, "rmsprop": keras.optimizers.RMSprop}
    return kinds[options.optimizer](schedule)


def plateau_rate(rate: float, losses: Sequence[float]) -> float:
    """The rate after epochs with these validation losses: halved each time three in a row set no new minimum."""
    lowest, waited = float("inf"), 0
    for loss in losses:
        waited = 0 if loss < lowest else waited + 1
        lowest = min(lowest, loss)
        if waited == PLATEAU_EPOCHS:
            rate, waited = rate * PLATEAU_FACTOR, 0
    return rate


def _schedule(options: FittingOptions, rate: float, steps: int, epochs: int) -> Any:
    total = steps * epochs
    if options.schedule == "cosine":
        warmup = options.warmup_epochs * steps
        if warmup:
            return keras.optimizers.schedules.CosineDecay(0.0, total - warmup, warmup_target=rate, warmup_steps=warmup)
        return keras.optimizers.schedules.CosineDecay(rate, total)
    if options.schedule == "step":
        boundaries = [round(total * part) for part in _STEPS]
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            boundaries, [rate, *(rate * s for s in _STEPS.values())]
        )
    return rate
