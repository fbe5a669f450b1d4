"""DATA goes in; the images that calibrate and those that evaluate come out, never one image for both."""

from __future__ import annotations

from converter.images.calibration import draw_balanced, iterate_inputs
from converter.images.choose import ConversionImages, choose_images

__all__ = ["ConversionImages", "choose_images", "draw_balanced", "iterate_inputs"]
