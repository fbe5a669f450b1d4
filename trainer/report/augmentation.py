"""plots/augmentation.png: some training images, and what they look like after they were varied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.augmentation import Augmentation
from trainer.augmentation.layers import Augmenter
from trainer.data.pixels import load_batch, without_normalization

_ROWS, _COLUMNS = 4, 7
_TILE = 128
"""The side of an image in the picture, in pixels."""
_GAP = 4


def save_augmentation_picture(
    settings: Augmentation, images: LabelledImages, spec: PreprocessSpec, seed: int, path: Path
) -> None:
    """Writes a grid: in each row an image as it is, then varied anew in each column.

    Raises:
        ImageError: an image has become unreadable.
    """
    chosen = np.linspace(0, len(images) - 1, min(_ROWS, len(images))).astype(int).tolist()
    pixels = load_batch(images, chosen, without_normalization(spec)).pixels
    augment = Augmenter(settings, (spec.height, spec.width, spec.channels), seed)
    columns = [pixels, *(augment(pixels, (0, column)) for column in range(1, _COLUMNS))]
    step = _TILE + _GAP
    picture = Image.new("RGB", (_COLUMNS * step - _GAP, len(chosen) * step - _GAP), "white")
    for column, tiles in enumerate(columns):
        for row, tile in enumerate(tiles):
            picture.paste(_tile(tile, spec), (column * step, row * step))
    picture.save(path)


def _tile(pixels: np.ndarray, spec: PreprocessSpec) -> Image.Image:
    colors = pixels[..., ::-1] if spec.color == "BGR" else np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    return Image.fromarray(np.rint(colors).astype(np.uint8)).resize((_TILE, _TILE), Image.Resampling.NEAREST)
