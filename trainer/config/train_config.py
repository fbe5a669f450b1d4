"""TrainConfig: everything that decides what a training run computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.manifest import Task
from edge_runtime.contracts.preprocessing import PreprocessSpec, parse_resize
from trainer.config.augment import AugmentOptions
from trainer.config.fitting import FittingOptions
from trainer.config.model import ModelOptions
from trainer.errors import ConfigError, check_choice
from trainer.networks import BACKBONES

SAMPLE = "sample"
TASKS = ("auto", *get_args(Task))
CLASS_WEIGHTS = ("none", "balanced")


@dataclass(frozen=True)
class TrainConfig(ModelOptions, AugmentOptions, FittingOptions):
    """The configuration of a training run; it refuses what cannot work when it is built.

    Its fields are those below and those of ``ModelOptions``, ``AugmentOptions`` and ``FittingOptions``.

    Attributes:
        data: a folder of images, a CSV file, or the name of a data set (``trainer.data.source``).
        data_dir: where a data set named in ``data`` is looked for; "" stands for the usual places.
        task: "single-label", "multi-label", "binary", or "auto": what the labels say.
        split: shares of train, val and test in percent, for images that no folder assigns to a part.
        class_weights: "balanced" makes each class count alike in the loss, however few its images; or "none".
        resize: how an image becomes square, such as "squash" or "center-crop:0.875:antialias"; see ``parse_resize``.

    Raises:
        ConfigError: a value is impossible, alone or beside the others; the message names the field.
    """

    data: str
    data_dir: str = ""
    task: str = "auto"
    split: tuple[int, int, int] = (80, 10, 10)
    class_weights: str = "none"
    resize: str = "squash"

    def __post_init__(self) -> None:
        check_choice("backbone", self.backbone, tuple(BACKBONES))
        self.fill_in_model(sample=self.data == SAMPLE)
        self.fill_in_fitting(scratch=self.is_from_scratch, small=self.network.from_scratch)
        self.check_model()
        self.check_fitting()
        self.check_augment()
        if len(self.split) != 3 or min(self.split) < 1 or sum(self.split) != 100:
            shown = "/".join(map(str, self.split))
            raise ConfigError(f"split {shown}: expected three shares above 0 that add up to 100, say 80/10/10")
        check_choice("task", self.task, TASKS)
        check_choice("class_weights", self.class_weights, CLASS_WEIGHTS)
        self.check_resize()
        if self.is_from_scratch and self.fine_tune_epochs:
            raise ConfigError(
                f"fine_tune_epochs {self.fine_tune_epochs}: {self.backbone} is trained whole from scratch; use epochs"
            )
        if self.is_from_scratch and not self.network.from_scratch and self.distribute != "none":
            raise ConfigError(
                f"distribute {self.distribute}: {self.backbone} has BatchNorm, whose statistics are not brought "
                "together; train it from scratch on one device, or a head with weights imagenet"
            )

    def check_resize(self) -> None:
        """Refuses what is no way to resize.

        Raises:
            ConfigError: the message names what is possible.
        """
        try:
            parse_resize(self.resize)
        except ContractError as error:
            raise ConfigError(str(error)) from error

    @property
    def preprocessing(self) -> PreprocessSpec:
        """What an image must go through before the model sees it; image size and colour must be known."""
        return self.network.preprocessing(self.image_size, self.resize, "GRAY" if self.color == "gray" else None)
