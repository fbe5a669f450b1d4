"""DATA goes in; images that calibrate, that choose and that evaluate come out, no image for two of these."""

from __future__ import annotations

from converter.images.choose import ConversionImages, check_task, choose_images, find_copies
from converter.images.draw import draw_balanced, drawn_indices

__all__ = ["ConversionImages", "check_task", "choose_images", "draw_balanced", "drawn_indices", "find_copies"]
