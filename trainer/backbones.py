"""The registry of backbones: what each one takes, and how it is built. Importing this does not import Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge_runtime.contracts.preprocessing import MAX_SIDE, NORMALIZATIONS, PreprocessSpec, ResizeMode
from trainer.errors import ConfigError

KerasModel = Any
"""A ``keras.Model``; Keras is not typed."""


@dataclass(frozen=True)
class BundledWeights:
    """Weights that ship in ``trainer/assets/backbone``: the one shape they fit."""

    backbone: str
    alpha: float
    image_size: int
    file: str


BUNDLED = BundledWeights("mobilenet-v2", 0.35, 48, "mobilenet_v2_0.35_48_fashion_mnist.npz")


@dataclass(frozen=True)
class Backbone:
    """A network that turns an image into a feature vector.

    Attributes:
        name: what users call it.
        create: builds it: (alpha, image size, ``weights`` as Keras Applications takes them) -> a ``keras.Model`` from
            float32 (batch, size, size, 3) to pooled features, float32 (batch, features).
        imagenet_alphas: the width multipliers that Keras Applications has ImageNet weights for.
        imagenet_sizes: the input sizes it has them for; other sizes use those of ``fallback_size``.
        fallback_size: see ``imagenet_sizes``.
        smallest_size: the smallest input it takes.
        default_size: the input size where the user names none.
        normalization: what its input must be, a key of ``contracts.preprocessing.NORMALIZATIONS``.
        weights_file: the name of Keras Applications' file, with the fields ``{alpha}`` and ``{size}``.
    """

    name: str
    create: Callable[[float, int, str | None], KerasModel]
    imagenet_alphas: tuple[float, ...]
    imagenet_sizes: tuple[int, ...]
    fallback_size: int
    smallest_size: int
    default_size: int
    normalization: str
    weights_file: str

    def check(self, alpha: float, size: int, weights: str) -> None:
        """Refuses a shape that cannot be built or has no such weights.

        Raises:
            ConfigError: the message names what is possible.
        """
        if not self.smallest_size <= size <= MAX_SIDE:
            raise ConfigError(f"image_size {size}: {self.name} takes {self.smallest_size} to {MAX_SIDE}")
        if not 0 < alpha <= 4:
            raise ConfigError(f"alpha {alpha} is not within (0, 4]")
        if weights == "imagenet" and alpha not in self.imagenet_alphas:
            alphas = ", ".join(map(str, self.imagenet_alphas))
            raise ConfigError(f"alpha {alpha}: there are ImageNet weights of {self.name} for alpha {alphas}")
        if weights == "bundled" and (self.name, alpha, size) != (BUNDLED.backbone, BUNDLED.alpha, BUNDLED.image_size):
            raise ConfigError(
                f"weights bundled: there are only those of {BUNDLED.backbone} with alpha {BUNDLED.alpha} and "
                f"image size {BUNDLED.image_size}, not of {self.name} with {alpha} and {size}; "
                "leave alpha and image size out, or use weights imagenet"
            )

    def imagenet_file(self, alpha: float, size: int) -> str:
        """The name of the file in which Keras Applications publishes the ImageNet weights of this shape."""
        return self.weights_file.format(
            alpha=float(alpha), size=size if size in self.imagenet_sizes else self.fallback_size
        )

    def preprocessing(self, size: int, resize: ResizeMode) -> PreprocessSpec:
        """What an image must go through before this backbone sees it."""
        mean, std = NORMALIZATIONS[self.normalization]
        return PreprocessSpec(height=size, width=size, resize=resize, mean=mean, std=std)


def _create_mobilenet_v2(alpha: float, size: int, weights: str | None) -> KerasModel:
    import keras

    return keras.applications.MobileNetV2(
        input_shape=(size, size, 3), alpha=alpha, include_top=False, weights=weights, pooling="avg"
    )


_ALL = (
    Backbone(
        name="mobilenet-v2",
        create=_create_mobilenet_v2,
        imagenet_alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        imagenet_sizes=(96, 128, 160, 192, 224),
        fallback_size=224,
        smallest_size=32,
        default_size=224,
        normalization="-1..1",
        weights_file="mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{size}_no_top.h5",
    ),
)

BACKBONES: dict[str, Backbone] = {backbone.name: backbone for backbone in _ALL}
