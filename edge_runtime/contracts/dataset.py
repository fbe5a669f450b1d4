"""LabelledImages: which image files show what. Trainer and converter read them with this, in the same order.

A folder with one subfolder a class is read here; the fingerprint tells whether two runs saw the same data.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import match_classes, validate_labels

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"})
PARTS = ("train", "val", "test")
MAX_IMAGES = 5_000_000


@dataclass(frozen=True)
class LabelledImages:
    """Image files and the classes they show.

    Attributes:
        root: the folder that ``names`` are relative to.
        classes: the class names; a label is an index into them.
        names: POSIX paths below ``root``.
        labels: for each name the classes it shows; exactly one where the task is single-label.

    Raises:
        ContractError: names and labels differ in number, a name escapes ``root``, is not UTF-8, or a label is no class.
    """

    root: Path
    classes: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        validate_labels(self.classes)
        _refuse_other_encodings(str(self.root))
        if len(self.names) != len(self.labels):
            raise ContractError(f"{self.root}: {len(self.names)} names but {len(self.labels)} labels")
        for name, labels in zip(self.names, self.labels, strict=True):
            _refuse_other_encodings(name)
            if name.startswith("/") or ".." in name.split("/"):
                raise ContractError(f"{self.root}: {name!r} does not lie below this folder")
            if any(not 0 <= label < len(self.classes) for label in labels):
                raise ContractError(f"{self.root}: {name}: label {list(labels)} is none of {len(self.classes)} classes")

    def __len__(self) -> int:
        return len(self.names)

    def path(self, index: int) -> Path:
        """The file of image ``index``."""
        return self.root / self.names[index]

    def subset(self, indices: list[int]) -> LabelledImages:
        """The images at ``indices``, in that order."""
        chosen = LabelledImages(
            self.root, self.classes, tuple(self.names[i] for i in indices), tuple(self.labels[i] for i in indices)
        )
        if "digests" in vars(self):  # known already: the files need not be read again
            vars(chosen)["digests"] = tuple(self.digests[i] for i in indices)
        return chosen

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """The SHA-256 of each file's content: equal digests are the same image.

        Raises:
            ContractError: a file cannot be read.
        """
        return tuple(_digest(self.path(index)) for index in range(len(self)))

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 over names, labels and contents; it depends on nothing else, so not on where the folder lies."""
        rows = sorted(zip(self.names, self.labels, self.digests, strict=True))
        return _sha256(repr((self.classes, rows)).encode())


def read_image_folder(root: Path, classes: tuple[str, ...] | None = None) -> LabelledImages:
    """Reads a folder with one subfolder a class; classes and files are taken in the order of their names.

    Args:
        root: the folder; hidden files and files that are no images by their suffix are passed over.
        classes: the class names to index by; by default the subfolders' names. See ``labels.match_classes``.

    Raises:
        ContractError: there is no such folder, no image in it, or a subfolder is none of ``classes`` or may be several.
    """
    if not root.is_dir():
        raise ContractError(f"{root}: no such folder; expected a folder with one subfolder a class")
    folders = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not folders:
        raise ContractError(f"{root}: no class folders in it; expected one subfolder a class")
    if classes is None:
        classes = tuple(folders)
    index_of = match_classes(dict.fromkeys(folders, str(root)), classes, str(root), "folder")
    names: list[str] = []
    labels: list[tuple[int, ...]] = []
    for folder in folders:
        found = _image_names(root, folder)
        names += found
        labels += [(index_of[folder],)] * len(found)
        if len(names) > MAX_IMAGES:
            raise ContractError(f"{root}: more than {MAX_IMAGES} images")
    if not names:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise ContractError(f"{root}: no image in its class folders; expected files ending in {suffixes}")
    return LabelledImages(root, classes, tuple(names), tuple(labels))


def _image_names(root: Path, folder: str) -> list[str]:
    """The POSIX paths below ``root`` of the images in ``folder`` and its subfolders, in the order of their parts.

    With strings, since a ``Path`` for each of many files takes minutes.
    """
    found = []
    for place, _, files in os.walk(root / folder):
        below = Path(place).relative_to(root).as_posix()
        found += [
            f"{below}/{name}"
            for name in files
            if "".join(name.rpartition(".")[1:]).lower() in IMAGE_SUFFIXES and not name.startswith(".")
        ]
    return sorted(found, key=lambda name: name.split("/"))


def find_duplicates(images: LabelledImages) -> list[list[int]]:
    """Groups of indices whose files have the same content, each group sorted."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, digest in enumerate(images.digests):
        groups[digest].append(index)
    return [group for group in groups.values() if len(group) > 1]


def _refuse_other_encodings(name: str) -> None:
    """Refuses a name that no record, which is UTF-8, could hold; Python reads its other bytes as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ContractError(f"{os.fsencode(name)!r}: this file name is not UTF-8; rename it") from error


def _digest(path: Path) -> str:
    try:
        return _sha256(path.read_bytes())
    except OSError as error:
        raise ContractError(f"{path}: cannot read: {error.strerror}") from error


def _sha256(content: bytes) -> str:
    import hashlib  # here, since OpenSSL behind it costs a device, which only reads suffixes, 4 MB

    return hashlib.sha256(content).hexdigest()
