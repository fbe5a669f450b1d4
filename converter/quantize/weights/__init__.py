"""A Keras model goes in; a copy whose weights lose less when they are quantized comes out."""

from __future__ import annotations

from converter.quantize.weights.flat import KerasModel, flatten, is_channels_first
from converter.quantize.weights.prepare import PREPARATIONS, prepare_copy

__all__ = ["PREPARATIONS", "KerasModel", "flatten", "is_channels_first", "prepare_copy"]
