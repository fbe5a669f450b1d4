"""Arrays of images to PNG files in class folders, once: ``LabelledImages`` stays the one kind of data there is."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from edge_runtime.console.command import logger
from edge_runtime.console.files import OutputError, cache_folder
from edge_runtime.console.progress import progress_bar
from trainer.data.formats.arrays import LabelledArray, Parts
from trainer.errors import DataError

_LAYOUT = 1
"""Of the unpacked folders; a change of it lets old ones be."""


def unpack(name: str, sources: Sequence[Path], read: Callable[[], Parts], classes: Sequence[str] | None = None) -> Path:
    """Returns a folder with ``train/`` and ``test/`` of PNG files; it is written where it is not there yet.

    A file is called after its image's number in the arrays. Two runs may do this at the same time.

    Args:
        name: of the data set: the first half of the folder's name. The second is made of the content of the files.
        sources: the files that the arrays come from.
        read: reads them.
        classes: the names of the labels; by default their numbers.

    Raises:
        DataError: the files are damaged, or a label has no name.
        OutputError: the folder cannot be written.
    """
    target = cache_folder("datasets") / f"{name}-{_fingerprint(sources)}"
    if target.is_dir():
        return target
    parts = read()
    logger.info("data: unpacking %s to %s, once", name, target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
        try:
            _write_parts(staging, parts, classes)
            staging.chmod(0o755)
            if not target.is_dir():
                staging.replace(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        if not target.is_dir():  # else another run was quicker
            raise OutputError(f"{target}: cannot unpack: {error.strerror or error}; set XDG_CACHE_HOME") from error
    return target


def _fingerprint(sources: Sequence[Path]) -> str:
    digest = hashlib.sha256(repr(_LAYOUT).encode())
    try:
        for path in sources:
            digest.update(path.name.encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError as error:
        raise DataError(f"{error.filename}: cannot read: {error.strerror}") from error
    return digest.hexdigest()[:16]


def _write_parts(folder: Path, parts: Parts, classes: Sequence[str] | None) -> None:
    highest = max(int(part.labels.max()) for part in parts.values())
    names = classes or [f"{label:0{len(str(highest))}d}" for label in range(highest + 1)]
    if highest >= len(names):
        raise DataError(f"{parts['train'].file}: label {highest}, but there are {len(names)} classes; fetch it again")
    with progress_bar("unpacking", sum(len(part.labels) for part in parts.values()), "image") as bar:
        for part, array in parts.items():
            for name in names:
                (folder / part / name).mkdir(parents=True)
            with ThreadPoolExecutor() as pool:
                for _ in pool.map(_PngWriter(folder / part, array, names), range(len(array.labels))):
                    bar.update()


class _PngWriter:
    """Writes image ``number`` of an array below its class folder."""

    def __init__(self, folder: Path, array: LabelledArray, classes: Sequence[str]) -> None:
        self._folder = folder
        self._array = array
        self._classes = classes

    def __call__(self, number: int) -> None:
        path = self._folder / self._classes[self._array.labels[number]] / f"{number:06d}.png"
        Image.fromarray(self._array.pixels[number]).save(path, compress_level=1)
