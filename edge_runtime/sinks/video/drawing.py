"""Draws on a frame what was found in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.results import FrameResult
from edge_runtime.decisions import Region

_LINES = 3
_SHARE_OF_HEIGHT = 24  # a line of text is a twenty-fourth of the picture
_MARK = (242, 163, 58)


def annotated(pixels: NDArray[np.uint8], result: FrameResult, region: Region | None) -> NDArray[np.uint8]:
    """A copy of a frame, uint8 RGB (height, width, 3), with its best categories and the region drawn on it.

    Pillow draws the text: OpenCV's own fonts have no letters beyond ASCII.
    """
    from PIL import Image, ImageDraw

    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture, "RGBA")
    if region is not None:
        left, top, right, bottom = region.box(*pixels.shape[:2])
        draw.rectangle((left, top, right - 1, bottom - 1), outline=_MARK, width=2)
    size = max(10, pixels.shape[0] // _SHARE_OF_HEIGHT)
    lines = [f"{each.label} {each.score:.2f}" for each in result.classification.categories[:_LINES]]
    for number, line in enumerate(lines):
        _write_line(draw, line, (size // 2, size // 2 + number * (size + size // 2)), size)
    return np.asarray(picture)


def _write_line(draw: Any, text: str, place: tuple[int, int], size: int) -> None:
    font = _font(size)
    try:
        box = draw.textbbox(place, text, font)
    except UnicodeEncodeError:  # the small font of a Pillow without FreeType
        text = text.encode("latin-1", "replace").decode("latin-1")
        box = draw.textbbox(place, text, font)
    draw.rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), fill=(0, 0, 0, 160))
    draw.text(place, text, (255, 255, 255), font)


def _font(size: int) -> Any:
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size)
    except TypeError:  # Pillow before 10.1 has one size
        return ImageFont.load_default()
