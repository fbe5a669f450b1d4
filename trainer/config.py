"""TrainConfig: everything that decides what a training run computes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

from edge_runtime.contracts.manifest import Task
from edge_runtime.contracts.preprocessing import RESIZE_MODES, ResizeMode
from trainer.backbones import BACKBONES, BUNDLED
from trainer.errors import ConfigError

SAMPLE = "sample"
AUTO_SIZE = 0
TASKS = ("auto", *get_args(Task))
CLASS_WEIGHTS = ("none", "balanced")
MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class TrainConfig:
    """The configuration of a training run; it refuses what cannot work when it is built.

    Attributes:
        data: a folder of images, a CSV file, or the name of a data set (``trainer.data.source``).
        data_dir: where a data set named in ``data`` is looked for; "" stands for the usual places.
        task: "single-label", "multi-label", "binary", or "auto": what the labels say.
        backbone: a name in ``trainer.backbones.BACKBONES``.
        alpha: the backbone's width multiplier.
        image_size: height and width of the model's input in pixels. 0 stands for the usual one, and is replaced by
            it: the size that bundled weights were made for, else the backbone's default.
        weights: "imagenet", "bundled", "none" or the path of a weights file. "auto" stands for the usual ones, and is
            replaced by them: "bundled" for the sample, else "imagenet".
        epochs: how often the head sees the training part.
        batch_size: images a step.
        learning_rate: of the head; fine-tuning uses a twentieth of it.
        dropout: the share of features that each training step of the head leaves out.
        seed: of split, first weights and order of the images.
        fine_tune_epochs: how often the fine-tuned layers see the training part; 0 leaves the backbone as it is.
        fine_tune_layers: how many of the backbone's layers, counted from the top, are fine-tuned.
        split: shares of train, val and test in percent, for images that no folder assigns to a part.
        class_weights: "balanced" makes each class count alike in the loss, however few its images; or "none".
        resize: how an image becomes square: "squash", "center-crop" or "letterbox".
        feature_cache: whether the backbone's features are kept on disk for the next run.

    Raises:
        ConfigError: a value is impossible, alone or beside the others; the message names the field.
    """

    data: str
    data_dir: str = ""
    task: str = "auto"
    backbone: str = "mobilenet-v2"
    alpha: float = 0.35
    image_size: int = AUTO_SIZE
    weights: str = "auto"
    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = 1e-3
    dropout: float = 0.2
    seed: int = 0
    fine_tune_epochs: int = 0
    fine_tune_layers: int = 30
    split: tuple[int, int, int] = (80, 10, 10)
    class_weights: str = "none"
    resize: ResizeMode = "squash"
    feature_cache: bool = True

    def __post_init__(self) -> None:
        self._check_names()
        self._fill_in()
        self._check_numbers()
        if len(self.split) != 3 or min(self.split) < 1 or sum(self.split) != 100:
            shown = "/".join(map(str, self.split))
            raise ConfigError(f"split {shown}: expected three shares above 0 that add up to 100, say 80/10/10")
        BACKBONES[self.backbone].check(self.alpha, self.image_size, self.weights)

    def _check_names(self) -> None:
        for name, allowed in (
            ("task", TASKS),
            ("backbone", tuple(BACKBONES)),
            ("class_weights", CLASS_WEIGHTS),
            ("resize", RESIZE_MODES),
        ):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} {getattr(self, name)!r} is not one of {', '.join(allowed)}")

    def _fill_in(self) -> None:
        """Replaces "auto" and size 0, so that the configuration on record says what was used."""
        weights = self.weights
        if weights == "auto":
            weights = "bundled" if self.data == SAMPLE else "imagenet"
        size = self.image_size
        if size == AUTO_SIZE:
            size = BUNDLED.image_size if weights == "bundled" else BACKBONES[self.backbone].default_size
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "image_size", size)

    def _check_numbers(self) -> None:
        for name, lowest in (("epochs", 1), ("batch_size", 1), ("fine_tune_epochs", 0), ("fine_tune_layers", 1)):
            if getattr(self, name) < lowest:
                raise ConfigError(f"{name} {getattr(self, name)} is below {lowest}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ConfigError(f"seed {self.seed} is not within 0..{MAX_SEED}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ConfigError(f"learning_rate {self.learning_rate} is not a finite number above 0")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout {self.dropout} is not within [0, 1)")
