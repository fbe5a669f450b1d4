"""Data sets known by name: where their files are looked for, and what their classes are called."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge_runtime.console.command import logger
from edge_runtime.console.extras import import_quietly
from trainer.data.formats.arrays import Parts, read_cifar10, read_idx_folder, read_mnist_npz
from trainer.data.formats.unpack import unpack
from trainer.errors import DataError

DEBIAN_FOLDER = Path("/usr/share/datasets")
_KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"

_IDX_FILES = tuple(f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


@dataclass(frozen=True)
class _Form:
    """One way in which a data set is published.

    Attributes:
        files: the names of its files; IDX files may lie unpacked.
        read: reads them, given their folder.
    """

    files: tuple[str, ...]
    read: Callable[[Path], Parts]

    def find(self, folder: Path) -> list[Path] | None:
        """The files, where all of them are in ``folder``."""
        found = []
        for name in self.files:
            paths = [path for path in (folder / name, folder / name.removesuffix(".gz")) if path.is_file()]
            if not paths:
                return None
            found.append(paths[0])
        return found


@dataclass(frozen=True)
class _NamedSet:
    """A published data set.

    Attributes:
        classes: the names of its labels, in their order.
        forms: what is looked for; the first is also downloaded.
        address: of the folder on the web that holds the files of the first form.
    """

    classes: tuple[str, ...]
    forms: tuple[_Form, ...]
    address: str


_IDX = _Form(_IDX_FILES, read_idx_folder)
_MNIST_NPZ = _Form(("mnist.npz",), lambda folder: read_mnist_npz(folder / "mnist.npz"))
_CIFAR10 = _Form(("cifar-10-binary.tar.gz",), lambda folder: read_cifar10(folder / "cifar-10-binary.tar.gz"))

NAMED: dict[str, _NamedSet] = {
    "fashion-mnist": _NamedSet(
        ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"),
        (_IDX,),
        _KERAS_FILES,
    ),
    "mnist": _NamedSet(tuple("0123456789"), (_MNIST_NPZ, _IDX), _KERAS_FILES),
    "cifar10": _NamedSet(
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        (_CIFAR10,),
        "https://www.cs.toronto.edu/~kriz",
    ),
}


def open_named(name: str, data_dir: str) -> Path:
    """Returns the folder with ``train/`` and ``test/`` of a data set in ``NAMED``, unpacked where it is not yet.

    Its files are looked for in ``data_dir``, in Keras's cache and in Debian's folder of data sets, and then downloaded
    into Keras's cache.

    Args:
        name: of the set.
        data_dir: a folder, or "".

    Raises:
        DataError: the files are nowhere and cannot be downloaded, or are damaged.
        OutputError: the unpacked folder cannot be written.
    """
    known = NAMED[name]
    places = _places(name, data_dir)
    for folder in places:
        for form in known.forms:
            files = form.find(folder)
            if files:
                return unpack(name, files, partial(form.read, folder), known.classes)
    if data_dir:
        raise DataError(f"{data_dir}: holds no {name}; expected {', '.join(known.forms[0].files)} in it")
    form, folder = known.forms[0], _download(name, known, places)
    return unpack(name, [folder / file for file in form.files], partial(form.read, folder), known.classes)


def _places(name: str, data_dir: str) -> list[Path]:
    """The folders that may hold the files: those of the user alone, or the usual ones."""
    if data_dir:
        return [Path(data_dir), Path(data_dir) / name]
    return [_keras_folder() / name, _keras_folder(), DEBIAN_FOLDER / name]


def _keras_folder() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def _download(name: str, known: _NamedSet, places: Sequence[Path]) -> Path:
    """Fetches the files of the first form into Keras's cache; returns their folder."""
    folder = places[0]
    logger.info("data: %s is not here yet, downloading it to %s", name, folder)
    import_quietly("train", "keras")
    import keras

    keras.config.disable_interactive_logging()
    for file in known.forms[0].files:
        address = f"{known.address}/{file}"
        try:
            keras.utils.get_file(file, address, cache_dir=folder.parent.parent, cache_subdir=f"datasets/{name}")
        except Exception as error:  # Keras raises a bare Exception where a download fails
            raise DataError(
                f"{name}: {address} could not be downloaded ({error}); looked in {', '.join(map(str, places))}; put "
                f"{', '.join(known.forms[0].files)} into a folder and name it after --data-dir"
            ) from error
    return folder
