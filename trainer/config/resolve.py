"""What was asked goes in; what it comes to, once some images were looked at, comes out: their size and colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.errors import ImageError
from edge_runtime.preprocess import read_image
from trainer.config.model import AUTO_SIZE
from trainer.config.train_config import TrainConfig

_LOOKED_AT = 64
_LARGEST = 96
"""Images of one size up to this are taken as they are."""


def resolve(config: TrainConfig, images: LabelledImages) -> TrainConfig:
    """Returns the configuration with image size and colour filled in where they were left to the images."""
    if config.image_size != AUTO_SIZE and config.color != "auto":
        return config
    sizes, is_grey = _look(images)
    size, color = config.image_size, config.color
    if size == AUTO_SIZE:
        (height, width), *others = sizes or {(0, 0)}
        fits = not others and height == width and config.network.smallest_size <= height <= _LARGEST
        size = height if fits else config.network.default_size
    if color == "auto":
        color = "gray" if is_grey else "rgb"
    logger.info("%s: takes %s images of %dx%d", config.backbone, {"gray": "grey", "rgb": "colour"}[color], size, size)
    return replace(config, image_size=size, color=color)


def _look(images: LabelledImages) -> tuple[set[tuple[int, int]], bool]:
    """The sizes (height, width) among some images, and whether all of them are grey."""
    sizes, grey = set(), []
    for index in np.linspace(0, len(images) - 1, min(_LOOKED_AT, len(images))).astype(int):
        try:
            frame = read_image(images.path(index))
        except ImageError:
            continue  # it is reported when all are read
        sizes.add((frame.shape[0], frame.shape[1]))
        grey.append(bool((frame[..., 0] == frame[..., 1]).all() and (frame[..., 1] == frame[..., 2]).all()))
    return sizes, bool(grey) and all(grey)
