"""Perceptual signatures: what an image looks like in 80 bytes, so that near-duplicates are found among many."""

from __future__ import annotations

import hashlib
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge_runtime.console.command import logger
from edge_runtime.console.files import OutputError, cache_folder, written_atomically
from edge_runtime.console.progress import progress_bar
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.errors import ImageError
from edge_runtime.preprocess import read_image

HASH_SIDE = 16
"""The perceptual hash has this many bits squared."""
COLOR_SIDE = 4
_DECODED_SIDE = 4 * HASH_SIDE
"""The hash looks at an image of this size, so nothing larger need be decoded."""
_LAYOUT = 1
"""Of the cache files; a change of it lets old ones be."""


@dataclass(frozen=True, eq=False)
class Signatures:
    """What each image looks like.

    Attributes:
        readable: which images could be decoded, bool (images,).
        hashes: their perceptual hashes, uint16 (images, 16); zeros where they could not.
        colors: their mean colours in 4x4 cells, uint8 (images, 48).
    """

    readable: NDArray[np.bool_]
    hashes: NDArray[np.uint16]
    colors: NDArray[np.uint8]

    def subset(self, indices: list[int]) -> Signatures:
        """Those of the images at ``indices``."""
        return Signatures(self.readable[indices], self.hashes[indices], self.colors[indices])


def sign_images(images: LabelledImages, *, cached: bool = True) -> Signatures:
    """Returns the signatures of all images, from the cache where they are there; all cores work.

    Args:
        images: the images.
        cached: whether the cache is read and written.
    """
    path = cache_folder("signatures") / f"{_cache_key(images)}.npz"
    signatures = _read(path) if cached else None
    if signatures is None:
        signatures = _compute(images)
        if cached:
            _write(path, signatures)
    return signatures


def _compute(images: LabelledImages) -> Signatures:
    result = Signatures(
        np.zeros(len(images), np.bool_),
        np.zeros((len(images), HASH_SIDE), np.uint16),
        np.zeros((len(images), 3 * COLOR_SIDE**2), np.uint8),
    )

    def sign(index: int) -> None:
        try:
            picture = Image.fromarray(read_image(images.path(index), at_least=_DECODED_SIDE))
        except ImageError:
            return
        result.hashes[index], result.colors[index] = sign_picture(picture)
        result.readable[index] = True

    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        progress_bar("looking for duplicates", len(images), "image") as bar,
    ):
        for _ in pool.map(sign, range(len(images))):
            bar.update()
    return result


def sign_picture(picture: Image.Image) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """The perceptual hash, uint16 (16,), and the mean colours, uint8 (48,), of an RGB picture."""
    from imagehash import phash  # here, since it and scipy take half a second

    bits = phash(picture, hash_size=HASH_SIDE).hash
    side = np.arange(HASH_SIDE)
    diagonals = bits[side, (side + side[:, None]) % HASH_SIDE]  # so that each word holds low and high frequencies
    words = np.packbits(diagonals, axis=1).view(np.uint16)[:, 0]
    cells = picture.resize((COLOR_SIDE, COLOR_SIDE), Image.Resampling.BOX)
    return words, np.asarray(cells, np.uint8).ravel()


def _cache_key(images: LabelledImages) -> str:
    return hashlib.sha256(repr((_LAYOUT, images.digests)).encode()).hexdigest()


def _read(path: Path) -> Signatures | None:
    """What :func:`_write` wrote; None where there is nothing, or it is damaged."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return Signatures(archive["readable"], archive["hashes"], archive["colors"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s: damaged, so the images are looked at again: %s", path, error)
        return None


def _write(path: Path, signatures: Signatures) -> None:
    try:
        with written_atomically(path) as temporary:
            np.savez(temporary, readable=signatures.readable, hashes=signatures.hashes, colors=signatures.colors)
    except OutputError as error:
        logger.warning("what the images look like is not kept for the next run: %s", error)
