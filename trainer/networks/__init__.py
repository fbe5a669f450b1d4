"""A backbone's name goes in; a network with its weights, and a head on it, come out. Keras is imported when used."""

from __future__ import annotations

from trainer.networks.base import Backbone, KerasModel, Pooling, Shape
from trainer.networks.head import Head, attach_head, head_layers, unfreeze_top
from trainer.networks.levels import with_levels
from trainer.networks.registry import BACKBONES, BUNDLED
from trainer.networks.weights import build_backbone

__all__ = [
    "BACKBONES",
    "BUNDLED",
    "Backbone",
    "Head",
    "KerasModel",
    "Pooling",
    "Shape",
    "attach_head",
    "build_backbone",
    "head_layers",
    "unfreeze_top",
    "with_levels",
]
