"""Image files: one, a folder of them, or those a glob names."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from edge_runtime.contracts.dataset import IMAGE_SUFFIXES
from edge_runtime.contracts.results import Frame, FrameFailure
from edge_runtime.errors import ImageError, SourceError
from edge_runtime.preprocess import read_image
from edge_runtime.sources.base import FileSet, Item, Read


class FileSource(FileSet):
    """Reads images in the order of their names; a folder is read with its subfolders.

    The first one is read at once: what decoding needs for itself is free again when the model is loaded.
    """

    def __init__(self, text: str, shown: Callable[[Path], str] = str) -> None:
        """Finds the files.

        Args:
            text: a file, a folder or a glob.
            shown: what results name as the source of a file.
        """
        self._paths = _find_images(text)
        self._read = partial(_read_file, shown)
        self._first: Item | None = self._read(self._paths[0], 0)

    def reads(self) -> Sequence[Read]:
        """What reads each file, in order."""
        return [self._take_first, *(partial(self._read, path, index) for index, path in enumerate(self._paths[1:], 1))]

    def _take_first(self) -> Item:
        first, self._first = self._first, None
        return first or self._read(self._paths[0], 0)

    def close(self) -> None:
        """Holds nothing open."""


def _read_file(shown: Callable[[Path], str], path: Path, index: int) -> Item:
    start = time.perf_counter_ns()
    try:
        pixels = read_image(path)
    except ImageError as error:
        return FrameFailure(shown(path), index, str(error))
    return Frame(pixels, shown(path), index, time.time_ns(), time.perf_counter_ns() - start)


def _find_images(text: str) -> list[Path]:
    path = Path(text)
    if path.is_dir():
        paths = sorted(entry for entry in path.rglob("*") if _is_image(entry))
        if not paths:
            raise SourceError(f"{text}: no image in this folder; expected files ending in {_suffixes()}")
        return paths
    if path.exists():
        return [path]
    if glob.has_magic(text):
        paths = sorted(Path(name) for name in glob.glob(text, recursive=True) if _is_image(Path(name)))  # noqa: PTH207 - any root
        if not paths:
            raise SourceError(f"{text}: no image matches; expected files ending in {_suffixes()}")
        return paths
    raise SourceError(f"{text}: no such file or folder, and no live source: camera:0, picamera2:0, rtsp://…, http://…")


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _suffixes() -> str:
    return ", ".join(sorted(IMAGE_SUFFIXES))
