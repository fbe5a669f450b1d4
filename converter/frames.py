"""Frames: images that were decoded once, in the model's size. Every step of a conversion takes its pixels from here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.errors import DataError
from edge_runtime.console.progress import progress_bar
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.preprocess import Preprocessor, read_image, resize_frame

IN_MEMORY_BYTES = 200_000_000
"""Of one set of images; a larger one lies in a temporary file that the system maps into memory."""
MAX_WORKERS = 8
_CHUNK = 1 << 22


@dataclass(frozen=True, eq=False)
class Frames:
    """Images and their pixels.

    Attributes:
        images: where the pixels are from, and what they show.
        spec: how they were resized.
        pixels: uint8 RGB, (images, height, width, 3).
    """

    images: LabelledImages
    spec: PreprocessSpec
    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, indices: Sequence[int]) -> Frames:
        """The frames at ``indices``, in that order."""
        return Frames(self.images.subset(list(indices)), self.spec, self.pixels[list(indices)])

    def first(self, count: int) -> Frames:
        """The first frames, without a copy."""
        count = min(count, len(self))
        return Frames(self.images.subset(list(range(count))), self.spec, self.pixels[:count])

    def inputs(self) -> Iterator[NDArray[np.float32]]:
        """Each as the float model takes it: float32 (1, height, width, channels)."""
        tensor = TensorSpec((1, *self.spec.image_shape), "float32")
        preprocess = Preprocessor(resized(self.spec), tensor)
        for frame in self.pixels:
            values = np.empty(tensor.shape, np.float32)
            preprocess(frame, values)
            yield values


def resized(spec: PreprocessSpec) -> PreprocessSpec:
    """What is left to be done with frames that have the model's size."""
    return replace(spec, resize="squash", crop_fraction=1.0, resampling="bilinear")


def decode_frames(images: LabelledImages, spec: PreprocessSpec, what: str, folder: Path) -> Frames:
    """Decodes images on all cores, each once.

    Args:
        images: to decode.
        spec: how they are resized.
        what: they are for, in a word for the progress bar.
        folder: for what does not fit into memory.

    Raises:
        ImageError: an image cannot be decoded; the message names it.
        DataError: there is no room on disk.
    """
    pixels = _room_for((len(images), spec.height, spec.width, 3), folder / f"{what} frames")

    def fill(index: int) -> None:
        resize_frame(read_image(images.path(index)), spec, pixels[index])

    with ThreadPoolExecutor(cores()) as pool, progress_bar(f"decode {what}", len(images), "image") as bar:
        for _ in pool.map(fill, range(len(images))):
            bar.update()
    return Frames(images, spec, pixels)


def cores() -> int:
    """How many threads share the work on images."""
    return min(os.cpu_count() or 1, MAX_WORKERS)


def _room_for(shape: tuple[int, ...], path: Path) -> NDArray[np.uint8]:
    """An array of that shape, in a file where it is large.

    The file is written first: where the disk is full, that is an error, and not a crash on the first pixel.
    """
    size = int(np.prod(shape))
    if size <= IN_MEMORY_BYTES:
        return np.empty(shape, np.uint8)
    try:
        with path.open("wb") as file:
            for start in range(0, size, _CHUNK):
                file.write(bytes(min(_CHUNK, size - start)))
    except OSError as error:
        raise DataError(
            f"{path.parent}: no room for {size / 1e6:.0f} MB of decoded images: {error.strerror}; "
            "TMPDIR names another folder"
        ) from error
    return np.memmap(path, np.uint8, "r+", shape=shape)
