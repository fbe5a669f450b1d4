"""Writes data sets as arrays: IDX files, mnist.npz, CIFAR-10's binary archive; small ones of the real formats."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def idx_bytes(array: np.ndarray) -> bytes:
    """The content of an IDX file of unsigned bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def grey_images(count: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy 28x28 images, (count, 28, 28), brighter the higher their label, and the labels."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(count) % classes).astype(np.uint8)
    pixels = generator.integers(0, 60, (count, 28, 28)) + labels[:, None, None] * (190 // classes)
    return pixels.astype(np.uint8), labels


def write_idx_folder(folder: Path, counts: Mapping[str, int], classes: int = 3, gzipped: bool = True) -> Path:
    """Writes images and labels for each start of a file's name ("train", "t10k") with its number of images."""
    folder.mkdir(parents=True)
    for seed, (start, count) in enumerate(counts.items()):
        pixels, labels = grey_images(count, classes, seed)
        for name, array in ((f"{start}-images-idx3-ubyte", pixels), (f"{start}-labels-idx1-ubyte", labels)):
            content = idx_bytes(array)
            path = folder / (f"{name}.gz" if gzipped else name)
            path.write_bytes(gzip.compress(content, 1) if gzipped else content)
    return folder


def write_mnist_npz(path: Path, counts: Mapping[str, int]) -> None:
    """Writes what Keras keeps as mnist.npz, with the given numbers of "train" and "test" images."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for seed, (part, count) in enumerate(counts.items()):
        arrays[f"x_{part}"], arrays[f"y_{part}"] = grey_images(count, 10, seed)
    np.savez(path, **arrays)


def write_cifar10(path: Path, images_a_file: int) -> np.ndarray:
    """Writes cifar-10-binary.tar.gz; returns the pixels of the first image, (32, 32, 3)."""
    generator = np.random.default_rng(0)
    first = np.zeros(0)
    with tarfile.open(path, "w:gz") as archive:
        for name in (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"):
            pixels = generator.integers(0, 255, (images_a_file, 3, 32, 32)).astype(np.uint8)
            first = first if first.size else pixels[0].transpose(1, 2, 0)
            labels = (np.arange(images_a_file) % 10).astype(np.uint8)
            content = np.concatenate([labels[:, None], pixels.reshape(images_a_file, -1)], axis=1).tobytes()
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return first
