"""Image files: one, a folder of them, or those a glob names."""

from __future__ import annotations

import glob
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from edge_runtime.console.command import logger
from edge_runtime.contracts.image_files import describe_left_out, find_image_files, known_suffixes, why_no_image
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
        found = find_image_files(path)
        return _checked([path / name for name in found.names], found.left_out, f"{text}: no image in this folder")
    if path.exists():
        return [path]
    if glob.has_magic(text):
        paths = [Path(name) for name in glob.glob(text, recursive=True)]  # noqa: PTH207 - any root
        reasons = {path: why_no_image(path.name) for path in paths if not path.is_dir()}
        left_out = Counter(filter(None, reasons.values()))
        images = sorted(path for path, reason in reasons.items() if not reason)
        return _checked(images, left_out, f"{text}: no image matches")
    raise SourceError(f"{text}: no such file or folder, and no live source: camera:0, picamera2:0, rtsp://…, http://…")


def _checked(images: list[Path], left_out: Mapping[str, int], none: str) -> list[Path]:
    if left_out:
        logger.info("%s", describe_left_out(left_out))
    if not images:
        raise SourceError(f"{none}; expected files ending in {known_suffixes()}")
    return images
