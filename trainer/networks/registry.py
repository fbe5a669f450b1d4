"""The backbones by the names users write, and the weights that ship with them."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.networks.base import Backbone
from trainer.networks.pretrained import PRETRAINED
from trainer.networks.scratch import FROM_SCRATCH

BACKBONES: dict[str, Backbone] = {backbone.name: backbone for backbone in (*PRETRAINED, *FROM_SCRATCH)}


@dataclass(frozen=True)
class BundledWeights:
    """Weights that ship in ``trainer/assets/backbone``: the one shape they fit."""

    backbone: str
    alpha: float
    image_size: int
    file: str


BUNDLED = BundledWeights("mobilenet-v2", 0.35, 48, "mobilenet_v2_0.35_48_fashion_mnist.npz")
