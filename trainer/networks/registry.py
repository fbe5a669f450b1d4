"""The registry of backbones. Importing it does not import Keras.

BACKBONES                   by the names users write
base.py                     what a backbone is
levels.py                   features from inner maps, too
pretrained.py scratch.py    the backbones
"""

from __future__ import annotations

from dataclasses import dataclass

from trainer.networks.base import Backbone, ImageNetWeights, KerasModel, Pooling, Shape
from trainer.networks.pretrained import PRETRAINED
from trainer.networks.scratch import FROM_SCRATCH

__all__ = ["BACKBONES", "BUNDLED", "Backbone", "BundledWeights", "ImageNetWeights", "KerasModel", "Pooling", "Shape"]

BACKBONES: dict[str, Backbone] = {backbone.name: backbone for backbone in (*PRETRAINED, *FROM_SCRATCH)}


@dataclass(frozen=True)
class BundledWeights:
    """Weights that ship in ``trainer/assets/backbone``: the one shape they fit."""

    backbone: str
    alpha: float
    image_size: int
    file: str


BUNDLED = BundledWeights("mobilenet-v2", 0.35, 48, "mobilenet_v2_0.35_48_fashion_mnist.npz")
