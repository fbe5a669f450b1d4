"""DATA goes in; the images that calibrate and those that evaluate come out, never one image for both."""

from __future__ import annotations

from converter.images.choose import ConversionImages, choose_images
from converter.images.draw import draw_balanced
from converter.images.inputs import iterate_inputs

__all__ = ["ConversionImages", "choose_images", "draw_balanced", "iterate_inputs"]
