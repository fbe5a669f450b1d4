"""Features on disk, by the content of the images they were computed from.

    <cache>/features/<what computed them>/<random name>.npy

A file holds some rows: the SHA-256 of an image's file, a checksum, its features. Files are written whole under another
name and renamed, never changed, and read through memory maps, so any number of runs may share the folder: at worst two
of them compute the same rows. The files not used for longest go when there are too many bytes.
"""

from __future__ import annotations

import os
import secrets
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.command import logger
from edge_runtime.console.files import cache_folder, written_atomically
from trainer.features.rows import Rows

SEGMENT_BYTES = 64 << 20
"""Features are written when they take so much."""

_ABANDONED_SECONDS = 3600
"""An unfinished file of that age belongs to a run that was killed."""


def features_folder() -> Path:
    """Where all stores lie: ``$XDG_CACHE_HOME/edge-deploy-kit/features``, by default below ``~/.cache``."""
    return cache_folder("features")


class FeatureStore:
    """The features that one network makes of images that go through one preprocessing."""

    def __init__(self, folder: Path, width: int) -> None:
        """Opens the store.

        Args:
            folder: of its files, there or not.
            width: how many features an image has.
        """
        self.folder = folder
        self._type = np.dtype([("digest", "S64"), ("check", "<u4"), ("values", "<f4", (width,))])

    def find(self, digests: Sequence[str]) -> dict[str, tuple[Rows, int]]:
        """Where the features of images lie: for each digest that is there an array of rows and the row in it."""
        wanted = set(digests)
        found: dict[str, tuple[Rows, int]] = {}
        for segment in self._segments():
            values = segment["values"]
            for row, key in enumerate(segment["digest"]):
                digest = key.decode("ascii", "replace")
                if digest in wanted:
                    found.setdefault(digest, (values, row))
        return found

    def add(self, digests: Sequence[str], values: Rows) -> Rows:
        """Keeps the features of some images; returns them, mapped from the new file.

        Raises:
            OutputError: the disk is full or the folder cannot be written.
        """
        segment = np.empty(len(digests), self._type)
        segment["digest"], segment["values"] = np.array(digests, "S64"), values
        segment["check"] = _checksums(segment)
        path = self.folder / f"{secrets.token_hex(8)}.npy"
        with written_atomically(path) as temporary:
            np.save(temporary, segment, allow_pickle=False)
        mapped: Rows = np.load(path, mmap_mode="r", allow_pickle=False)["values"]
        return mapped

    def _segments(self) -> Iterator[Any]:
        for path in sorted(self.folder.glob("[!.]*.npy")):
            try:
                segment = np.load(path, mmap_mode="r", allow_pickle=False)
                if segment.dtype != self._type or (_checksums(segment) != segment["check"]).any():
                    raise ValueError("its contents have changed")
                os.utime(path)  # it is used
            except FileNotFoundError:
                continue  # another run has just removed it
            except (OSError, ValueError, EOFError) as error:
                logger.warning("%s: damaged, so its features are computed again: %s", path, error)
                path.unlink(missing_ok=True)
                continue
            yield segment


def trim_cache(limit: int) -> None:
    """Removes what killed runs left, and the files not used for longest where all take more than ``limit`` bytes."""
    now = time.time()
    files = []
    for path in features_folder().glob("*/*.npy"):
        with suppress(OSError):  # another run may remove it first
            status = path.stat()
            if path.name.startswith("."):
                if now - status.st_mtime > _ABANDONED_SECONDS:
                    path.unlink()
            else:
                files.append((status.st_mtime_ns, status.st_size, path))
    excess = sum(size for _, size, _ in files) - limit
    for _, size, path in sorted(files):
        if excess <= 0:
            break
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()  # when it is the last one
        excess -= size


def _checksums(segment: Any) -> NDArray[np.uint32]:
    pairs = zip(segment["digest"], segment["values"], strict=True)
    return np.array([zlib.crc32(values.tobytes(), zlib.crc32(key)) for key, values in pairs], np.uint32)
