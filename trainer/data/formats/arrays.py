"""Data sets that come as arrays: folders of IDX files, Keras's mnist.npz, CIFAR-10's binary archive."""

from __future__ import annotations

import re
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import MAX_IMAGES
from trainer.data.formats.idx import read_idx
from trainer.errors import DataError

_IDX_IMAGES = re.compile(r"(?P<start>.*)images[-.]idx3-ubyte(\.gz)?")
_PARTS = {"train": "train", "val": "val", "t10k": "test", "test": "test"}
_MAX_BYTES = 1 << 30

_CIFAR_SIDE = 32
_CIFAR_ROW = 1 + 3 * _CIFAR_SIDE**2
_CIFAR_FILES = {"train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test": ("test_batch.bin",)}


@dataclass(frozen=True, eq=False)
class LabelledArray:
    """Images of one size.

    Attributes:
        pixels: uint8 (images, height, width) or (images, height, width, 3).
        labels: (images,), integers from 0 on.
        file: where they were read from, for errors.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    file: Path

    def __post_init__(self) -> None:
        if len(self.pixels) != len(self.labels) or not 1 <= len(self.labels) <= MAX_IMAGES or self.pixels.size == 0:
            raise DataError(f"{self.file}: {len(self.pixels)} images but {len(self.labels)} labels; fetch it again")


Parts = dict[str, LabelledArray]
"""The images of "train", and where they are there of "val" and "test"."""


def idx_files(folder: Path) -> list[Path]:
    """The IDX files of images in ``folder``, by name."""
    return sorted(path for path in folder.iterdir() if _IDX_IMAGES.fullmatch(path.name))


def read_idx_folder(folder: Path) -> Parts:
    """Reads ``train-images-idx3-ubyte``, ``t10k-images-idx3-ubyte`` and their labels, gzipped or not.

    The parts may also be called ``test`` and ``val``; ``images.idx3-ubyte`` is taken as well, and anything before it.

    Raises:
        DataError: a file is missing or damaged; the message names it.
    """
    parts: Parts = {}
    for path in idx_files(folder):
        found = [part for word, part in _PARTS.items() if word in path.name]
        if len(found) != 1 or found[0] in parts:
            raise DataError(
                f"{path}: which part is it? expected one file of images each for {', '.join(_PARTS)}, named so"
            )
        parts[found[0]] = LabelledArray(_read_images(path), read_idx(labels_of(path)), path)
    if "train" not in parts:
        raise DataError(f"{folder}: no train-images-idx3-ubyte(.gz) in it")
    return parts


def read_mnist_npz(path: Path) -> Parts:
    """Reads the ``mnist.npz`` that Keras keeps.

    Raises:
        DataError: the file is damaged or something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise DataError(f"{path}: unpacks to more than {_MAX_BYTES} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            read = {
                part: (np.asarray(arrays[f"x_{part}"]), np.asarray(arrays[f"y_{part}"])) for part in ("train", "test")
            }
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: no mnist.npz, or damaged: {error}; remove it, and it is fetched again") from error
    for pixels, labels in read.values():
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or labels.ndim != 1:
            raise DataError(f"{path}: no mnist.npz: its arrays are {pixels.dtype} {list(pixels.shape)}")
    return {part: LabelledArray(pixels, labels, path) for part, (pixels, labels) in read.items()}


def read_cifar10(path: Path) -> Parts:
    """Reads CIFAR-10's binary version, ``cifar-10-binary.tar.gz``.

    Not its Python version: that is pickled, and unpickling a file runs what code is in it.

    Raises:
        DataError: a file is missing or damaged.
    """
    parts: Parts = {}
    for part, names in _CIFAR_FILES.items():
        content = b"".join(_read_cifar_files(path, names))
        if not content or len(content) % _CIFAR_ROW:
            raise DataError(f"{path}: {part} part of {len(content)} bytes, no multiple of {_CIFAR_ROW}; fetch it again")
        rows = np.frombuffer(content, np.uint8).reshape(-1, _CIFAR_ROW)
        planes = rows[:, 1:].reshape(-1, 3, _CIFAR_SIDE, _CIFAR_SIDE)
        parts[part] = LabelledArray(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), rows[:, 0], path)
    return parts


def _read_images(path: Path) -> NDArray[np.uint8]:
    pixels = read_idx(path)
    if pixels.ndim != 3:
        raise DataError(f"{path}: an array of {pixels.ndim} dimensions; images have three: number, height, width")
    return pixels


def labels_of(images: Path) -> Path:
    """The labels beside a file of images, gzipped or not."""
    name = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for path in (images.with_name(name), images.with_name(f"{name}.gz")):
        if path.is_file():
            return path
    raise DataError(f"{images}: its labels are missing; expected {name}(.gz) beside it")


def _read_cifar_files(path: Path, names: tuple[str, ...]) -> list[bytes]:
    try:
        with tarfile.open(path) as archive:
            return [_read_member(archive, f"cifar-10-batches-bin/{name}") for name in names]
    except (OSError, EOFError, KeyError, tarfile.TarError) as error:
        raise DataError(f"{path}: no binary version of CIFAR-10, or damaged: {error}; fetch it again") from error


def _read_member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.getmember(name)
    file = archive.extractfile(member)
    if file is None or member.size > _MAX_BYTES:
        raise tarfile.ReadError(f"{name} is no file of a sensible size")
    with file:
        return file.read()
