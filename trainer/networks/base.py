"""Backbone: what a network takes, which weights there are for it, and how it is built. Importing it is cheap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from edge_runtime.contracts.preprocessing import MAX_SIDE, NORMALIZATIONS, ColorOrder, PreprocessSpec, parse_resize
from trainer.errors import ConfigError

KerasModel = Any
"""A ``keras.Model``; Keras is not typed."""

Pooling = Literal["avg", "max", "none"]
"""How the last feature map becomes a vector: its mean, its maximum, or "none": all of it, flattened."""


def pooling_layer(pooling: Pooling, name: str | None = None) -> Any:
    """The ``keras.layers.Layer`` that makes a vector of a feature map."""
    from keras import layers

    kinds = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D, "none": layers.Flatten}
    return kinds[pooling](name=name)


@dataclass(frozen=True)
class Shape:
    """What a backbone is built for.

    Attributes:
        alpha: the width multiplier.
        size: height and width of the input in pixels.
        pooling: see :data:`Pooling`.
        channels: of the input: 3, or 1 for grey.
        levels: how many of its maps, counted from the last, become features.
    """

    alpha: float
    size: int
    pooling: Pooling = "avg"
    channels: int = 3
    levels: int = 1


@dataclass(frozen=True)
class ImageNetWeights:
    """The weights that Keras Applications publishes, without the top.

    Attributes:
        file: the name of the file, with the fields ``{alpha}`` and ``{size}``.
        alphas: the width multipliers there are weights for, each with how the file's name writes it.
        sizes: the input sizes they were trained at; other sizes use those of ``fallback_size``.
        fallback_size: see ``sizes``.
    """

    file: str
    alphas: dict[float, str]
    sizes: tuple[int, ...] = (224,)
    fallback_size: int = 224

    def file_name(self, alpha: float, size: int) -> str:
        """The name of the file for this shape."""
        return self.file.format(alpha=self.alphas[alpha], size=size if size in self.sizes else self.fallback_size)


@dataclass(frozen=True)
class Backbone:
    """A network that turns an image into a feature vector.

    Attributes:
        name: what users call it.
        create: builds it: (shape, ``weights`` as Keras Applications takes them) -> a ``keras.Model`` from float32
            (batch, size, size, channels) to features, float32 (batch, features).
        normalization: what its input must be, a key of ``contracts.preprocessing.NORMALIZATIONS``, or "caffe":
            the channels' ImageNet means subtracted.
        imagenet: its published weights; None for a network that is trained from scratch.
        smallest_size: the smallest input it takes.
        default_size: the input size where the user names none.
        default_alpha: the width multiplier where the user names none.
        alphas: the width multipliers it can be built with; empty for any.
        colors: the channels it takes; the first is the usual one.
        inner_levels: its layers whose maps may become features too, from the input up; see ``trainer.networks.levels``.
    """

    name: str
    create: Callable[[Shape, str | None], KerasModel]
    normalization: str
    imagenet: ImageNetWeights | None = None
    smallest_size: int = 32
    default_size: int = 224
    default_alpha: float = 1.0
    alphas: tuple[float, ...] = ()
    colors: tuple[ColorOrder, ...] = ("RGB",)
    inner_levels: tuple[str, ...] = ()

    @property
    def from_scratch(self) -> bool:
        """Whether all of it is trained, since there is nothing to start from."""
        return self.imagenet is None

    def check_alpha(self, alpha: float, weights: str) -> None:
        """Refuses a width that cannot be built or has no such weights.

        Raises:
            ConfigError: the message names what is possible.
        """
        if not 0 < alpha <= 4:
            raise ConfigError(f"alpha {alpha} is not within (0, 4]")
        if self.alphas and alpha not in self.alphas:
            raise ConfigError(f"alpha {alpha}: {self.name} comes with alpha {_listed(self.alphas)}")
        if weights == "imagenet":
            if self.imagenet is None:
                raise ConfigError(f"weights imagenet: {self.name} is trained from scratch; use weights none")
            if alpha not in self.imagenet.alphas:
                alphas = _listed(self.imagenet.alphas)
                raise ConfigError(f"alpha {alpha}: there are ImageNet weights of {self.name} for alpha {alphas}")

    def check_size(self, size: int) -> None:
        """Refuses an input size it cannot take.

        Raises:
            ConfigError: the message names what is possible.
        """
        if not self.smallest_size <= size <= MAX_SIDE:
            raise ConfigError(f"image_size {size}: {self.name} takes {self.smallest_size} to {MAX_SIDE}")

    def check_levels(self, levels: int, pooling: Pooling) -> None:
        """Refuses more maps than it has, and maps that are not pooled.

        Raises:
            ConfigError: the message names what is possible.
        """
        most = 1 + len(self.inner_levels)
        if not 1 <= levels <= most:
            raise ConfigError(f"levels {levels}: {self.name} has 1 to {most}")
        if levels > 1 and pooling == "none":
            raise ConfigError(f"levels {levels}: needs pooling avg or max")

    def preprocessing(self, size: int, resize: str, color: ColorOrder | None = None) -> PreprocessSpec:
        """What an image must go through before this backbone sees it; ``color`` None stands for the usual one."""
        color = color or self.colors[0]
        mean, std = _CAFFE if self.normalization == "caffe" else NORMALIZATIONS[self.normalization]
        return PreprocessSpec(size, size, *parse_resize(resize), color=color, mean=mean, std=std)


_CAFFE = (103.939, 116.779, 123.68), (1.0,)
"""BGR means and no scaling, as ``keras.applications.imagenet_utils.preprocess_input(mode="caffe")`` has them."""


def _listed(numbers: Any) -> str:
    return ", ".join(map(str, numbers))
