"""What a user asks for goes in; a TrainConfig comes out: refused where it cannot work, then resolved by the images."""

from __future__ import annotations

from trainer.config.fitting import DISTRIBUTIONS, KEEPS, OPTIMIZERS, SCHEDULES, FittingOptions, Keep
from trainer.config.model import COLORS, POOLINGS
from trainer.config.resolve import resolve
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
    "resolve",
]
