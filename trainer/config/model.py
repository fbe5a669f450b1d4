"""ModelOptions: the part of TrainConfig that says what the model is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from trainer.errors import ConfigError, check_choice
from trainer.networks import BACKBONES, BUNDLED, Backbone, Head, Pooling, Shape

AUTO_ALPHA = 0.0
AUTO_SIZE = 0
Color = Literal["auto", "rgb", "gray"]
COLORS = get_args(Color)
POOLINGS = ("auto", *get_args(Pooling))


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """What the model is made of.

    Attributes:
        backbone: a name in ``trainer.networks.registry.BACKBONES``.
        alpha: the backbone's width multiplier; 0 stands for the usual one, and is replaced by it.
        image_size: height and width of the model's input in pixels. 0 stands for the usual one, and is replaced by
            it: the size that bundled weights were made for, else the backbone's default; "small-cnn" and
            "lenet" take the images' own size where they are all alike and small.
        color: "rgb" or "gray", the latter for "small-cnn" and "lenet" only; "auto" is replaced by "gray" for
            these where the images are grey, else by "rgb".
        weights: "imagenet", "bundled", "none" or the path of a weights file. "auto" stands for the usual ones, and is
            replaced by them: "none" for "small-cnn" and "lenet", else "bundled" for the sample, else
            "imagenet".
        pooling: how the backbone's last feature map becomes a vector: "avg", "max" or "none" (flattened). "auto" is
            replaced by "none" for "small-cnn" and "lenet", else by "avg".
        levels: how many of the backbone's maps, counted from the last, are pooled and joined to features. The inner
            ones tell texture and material, which the last has traded for ImageNet's classes.
        dense_units: of a dense layer with ReLU between features and outputs; 0 leaves it out.
        dropout: the share of features that each training step of the head leaves out.
        l2: the weight decay in the loss of the head's dense layers, as ``keras.regularizers.L2`` takes it.
    """

    backbone: str = "mobilenet-v2"
    alpha: float = AUTO_ALPHA
    image_size: int = AUTO_SIZE
    color: Color = "auto"
    weights: str = "auto"
    pooling: Literal["auto", "avg", "max", "none"] = "auto"
    levels: int = 1
    dense_units: int = 0
    dropout: float = 0.2
    l2: float = 0.0

    @property
    def network(self) -> Backbone:
        """The backbone's entry in the registry."""
        return BACKBONES[self.backbone]

    @property
    def is_from_scratch(self) -> bool:
        """Whether all of the network is trained at once: there is nothing it knows yet."""
        return self.network.from_scratch or self.weights == "none"

    @property
    def shape(self) -> Shape:
        """What the backbone is built for; image size and colour must be known."""
        pooling: Pooling = "avg" if self.pooling == "auto" else self.pooling
        return Shape(self.alpha, self.image_size, pooling, 1 if self.color == "gray" else 3, self.levels)

    def head(self, outputs: int, activation: str) -> Head:
        """What the head is made of, for a task with these outputs."""
        starts_at_zero = not self.is_from_scratch
        return Head(outputs, activation, self.dropout, self.dense_units, self.l2, starts_at_zero)

    def check_model(self) -> None:
        """Refuses what cannot be built.

        Raises:
            ConfigError: the message names the field and what is possible.
        """
        check_choice("color", self.color, COLORS)
        check_choice("pooling", self.pooling, POOLINGS)
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout {self.dropout} is not within [0, 1)")
        if not 0 <= self.l2 < 1:
            raise ConfigError(f"l2 {self.l2} is not within [0, 1)")
        if self.dense_units < 0:
            raise ConfigError(f"dense_units {self.dense_units} is below 0")
        if self.color == "gray" and "GRAY" not in self.network.colors:
            raise ConfigError(f"color gray: {self.backbone} takes colour images")
        self.network.check_levels(self.levels, self.shape.pooling)
        self.network.check_alpha(self.alpha, self.weights)
        if self.image_size != AUTO_SIZE:
            self.network.check_size(self.image_size)
        self._check_bundled()

    def _check_bundled(self) -> None:
        mine = (self.backbone, self.alpha, self.image_size)
        if self.weights == "bundled" and mine != (BUNDLED.backbone, BUNDLED.alpha, BUNDLED.image_size):
            raise ConfigError(
                f"weights bundled: there are only those of {BUNDLED.backbone} with alpha {BUNDLED.alpha} and "
                f"image size {BUNDLED.image_size}, not of {self.backbone} with {self.alpha} and {self.image_size}; "
                "leave alpha and image size out, or use weights imagenet"
            )

    def fill_in_model(self, *, sample: bool) -> None:
        """Replaces "auto" and 0 where the answer does not depend on the images; for use while it is built."""
        weights, color, pooling, size = self.weights, self.color, self.pooling, self.image_size
        scratch = self.network.from_scratch
        if weights == "auto":
            bundled = sample and self.backbone == BUNDLED.backbone
            weights = "none" if scratch else "bundled" if bundled else "imagenet"
        if pooling == "auto":
            pooling = "none" if scratch else "avg"
        if color == "auto" and not scratch:
            color = "rgb"
        if size == AUTO_SIZE and not scratch:
            size = BUNDLED.image_size if weights == "bundled" else self.network.default_size
        for name, value in (("weights", weights), ("pooling", pooling), ("color", color), ("image_size", size)):
            object.__setattr__(self, name, value)
        if self.alpha == AUTO_ALPHA:
            object.__setattr__(self, "alpha", self.network.default_alpha)
