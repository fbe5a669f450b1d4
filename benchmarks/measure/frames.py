"""What is classified in a measurement: one frame for its time, and some for its answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from edge_runtime import read_image
from edge_runtime.contracts.image_files import find_image_files, known_suffixes
from edge_runtime.contracts.results import Frame
from edge_runtime.sources import open_source

FRAME = "synthetic:640x480:1"
"""The source of the frame that is classified in all measurements, so that they can be compared."""

MAX_IMAGES = 64
_SYNTHETIC = "synthetic:640x480:8"


def synthetic_frame() -> NDArray[np.uint8]:
    """The first frame of the source ``FRAME``: uint8 RGB, (480, 640, 3), always the same."""
    return _frames(FRAME, 1)[0]


def choose_images(folder: Path) -> tuple[str, ...]:
    """At most ``MAX_IMAGES`` images of a folder and its subfolders, evenly from the list of their names.

    Raises:
        BenchmarkError: there is none.
    """
    found = [str(folder / name) for name in find_image_files(folder).names]
    if not found:
        raise BenchmarkError(f"--images {folder}: no image in it; expected files ending in {known_suffixes()}")
    chosen = np.linspace(0, len(found) - 1, min(MAX_IMAGES, len(found))).round().astype(int)
    return tuple(found[index] for index in chosen)


def read_frames(images: Sequence[str]) -> list[NDArray[np.uint8]]:
    """The frames that answers are compared on; synthetic ones where no images are named.

    Raises:
        ImageError: an image cannot be read.
    """
    if images:
        return [read_image(Path(image)) for image in images]
    return _frames(_SYNTHETIC, 8)


def _frames(source: str, count: int) -> list[NDArray[np.uint8]]:
    return [item.pixels for item in islice(open_source(source), count) if isinstance(item, Frame)]
