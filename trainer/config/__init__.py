"""Options go in; a TrainConfig that cannot be nonsense comes out."""

from __future__ import annotations

from trainer.config.first_look import settle
from trainer.config.fitting import DISTRIBUTIONS, KEEPS, OPTIMIZERS, SCHEDULES, FittingOptions, Keep
from trainer.config.model import COLORS, POOLINGS
from trainer.config.train_config import CLASS_WEIGHTS, SAMPLE, TASKS, TrainConfig

__all__ = [
    "CLASS_WEIGHTS",
    "COLORS",
    "DISTRIBUTIONS",
    "KEEPS",
    "OPTIMIZERS",
    "POOLINGS",
    "SAMPLE",
    "SCHEDULES",
    "TASKS",
    "FittingOptions",
    "Keep",
    "TrainConfig",
    "settle",
]
