"""A backbone's name goes in; a network with its weights comes out. Importing it does not import Keras."""

from __future__ import annotations

from trainer.networks.levels import LEVEL_PREFIX, with_levels
from trainer.networks.registry import BACKBONES, BUNDLED, Backbone, KerasModel, Pooling, Shape

__all__ = ["BACKBONES", "BUNDLED", "LEVEL_PREFIX", "Backbone", "KerasModel", "Pooling", "Shape", "with_levels"]
