"""FittingOptions: the part of TrainConfig that says how the weights are found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from trainer.errors import ConfigError, check_choice

AUTO = 0
"""Stands for the usual number of epochs or images a step."""

MAX_SEED = 2**32 - 1
Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
Schedule = Literal["auto", "constant", "cosine", "step", "plateau"]
Keep = Literal["best", "last"]
Distribution = Literal["none", "mirrored", "multiworker"]
OPTIMIZERS, SCHEDULES, KEEPS, DISTRIBUTIONS = map(get_args, (Optimizer, Schedule, Keep, Distribution))

_USUAL = {"epochs": 30, "schedule": "constant"}
_USUAL_FROM_SCRATCH = {"epochs": 12, "schedule": "cosine"}


@dataclass(frozen=True, kw_only=True)
class FittingOptions:
    """How the weights are found.

    Attributes:
        epochs: how often the head, or a network trained from scratch, sees the training part. 0 stands for the usual
            number, and is replaced by it: 30 for a head, 12 from scratch.
        batch_size: images a step. 0 is replaced by 32, of small-cnn and lenet by 64.
        optimizer: "adam", "adamw", "sgd" (with Nesterov momentum 0.9) or "rmsprop".
        learning_rate: of the head, or of a network trained from scratch.
        schedule: what becomes of the learning rate: "constant"; "cosine" lets it fall to 0; "step" divides it by ten
            after a half and after three quarters of the epochs; "plateau" halves it whenever the validation loss has
            not fallen for three epochs. "auto" is replaced by "constant", from scratch by "cosine".
        warmup_epochs: in how many epochs of each phase "cosine" lets it rise first.
        patience: the training ends when the validation loss has not fallen for so many epochs; 0 for never.
        keep: which weights stay: "best", those of the epoch with the lowest validation loss, or "last".
        label_smoothing: how much of each target is spread over all classes.
        mixed_precision: compute in float16 where that is safe; needs a GPU.
        fine_tune_epochs: how often the fine-tuned layers see the training part; 0 leaves the backbone as it is.
        fine_tune_layers: how many of the backbone's layers, counted from the top, are fine-tuned.
        fine_tune_rate: fine-tuning's learning rate as a share of ``learning_rate``.
        seed: of split, first weights and order of the images.
        distribute: "mirrored" uses all GPUs of this machine, "multiworker" the machines named in ``TF_CONFIG``.
    """

    epochs: int = AUTO
    batch_size: int = AUTO
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    schedule: Schedule = "auto"
    warmup_epochs: int = 0
    patience: int = 0
    keep: Keep = "best"
    label_smoothing: float = 0.0
    mixed_precision: bool = False
    fine_tune_epochs: int = 0
    fine_tune_layers: int = 30
    fine_tune_rate: float = 0.05
    seed: int = 0
    distribute: Distribution = "none"

    def check_fitting(self) -> None:
        """Refuses what cannot work.

        Raises:
            ConfigError: the message names the field.
        """
        for name, lowest in _LOWEST.items():
            if getattr(self, name) < lowest:
                raise ConfigError(f"{name} {getattr(self, name)} is below {lowest}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ConfigError(f"seed {self.seed} is not within 0..{MAX_SEED}")
        for name in ("learning_rate", "fine_tune_rate"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ConfigError(f"{name} {value} is not a finite number above 0")
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(f"label_smoothing {self.label_smoothing} is not within [0, 1)")
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("keep", self.keep, KEEPS)
        check_choice("distribute", self.distribute, DISTRIBUTIONS)
        shortest = min(self.epochs, self.fine_tune_epochs or self.epochs)
        if self.warmup_epochs and (self.schedule != "cosine" or self.warmup_epochs >= shortest):
            raise ConfigError(f"warmup_epochs {self.warmup_epochs}: needs schedule cosine and more epochs than that")

    def fill_in_fitting(self, *, scratch: bool, small: bool) -> None:
        """Replaces 0 and "auto"; for use while it is built."""
        usual = {**(_USUAL_FROM_SCRATCH if scratch else _USUAL), "batch_size": 64 if small else 32}
        for name, value in usual.items():
            if getattr(self, name) in (AUTO, "auto"):
                object.__setattr__(self, name, value)


_LOWEST = {
    "epochs": 1,
    "batch_size": 1,
    "fine_tune_epochs": 0,
    "fine_tune_layers": 1,
    "warmup_epochs": 0,
    "patience": 0,
}
