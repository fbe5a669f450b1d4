"""LabelledImages: which image files show what. Trainer and converter read them with this, in the same order.

A folder with one subfolder a class is read here; the fingerprint tells whether two runs saw the same data.
"""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.image_files import (
    describe_left_out,
    find_image_files,
    is_hidden_folder,
    known_suffixes,
    why_no_image,
)
from edge_runtime.contracts.labels import match_classes, validate_labels
from edge_runtime.contracts.version import DISTRIBUTION

PARTS = ("train", "val", "test")
PART_FOLDERS = {*PARTS, "training", "valid", "validation", "testing"}
MAX_IMAGES = 5_000_000

_OUTSIDE = "outside the class folders"


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
        root: the folder; what is left out of it (see ``contracts.image_files``) is said once.
        classes: the class names to index by; by default the subfolders' names. See ``labels.match_classes``.

    Raises:
        ContractError: there is no such folder, no image in it, or a subfolder is none of ``classes`` or may be several.
    """
    folders = class_folders(root)
    if classes is None:
        classes = tuple(folders)
    elif {folder.lower() for folder in folders} <= PART_FOLDERS and not set(folders) & set(classes):
        raise ContractError(
            f"{root}: its folders {', '.join(folders)} are the parts of a data set, not classes; name one of them, say "
            f"{root / folders[0]}"
        )
    index_of = match_classes(dict.fromkeys(folders, str(root)), classes, str(root), "folder")
    names: list[str] = []
    labels: list[tuple[int, ...]] = []
    left_out = Counter(
        {_OUTSIDE: sum(not why_no_image(entry.name, is_file=entry.is_file()) for entry in root.iterdir())}
    )
    for folder in folders:
        found = find_image_files(root / folder)
        names += [f"{folder}/{name}" for name in found.names]
        labels += [(index_of[folder],)] * len(found.names)
        left_out.update(found.left_out)
        if len(names) > MAX_IMAGES:
            raise ContractError(f"{root}: more than {MAX_IMAGES} images")
    if +left_out:
        logging.getLogger(DISTRIBUTION).info("%s: %s", root, describe_left_out(+left_out))
    if not names:
        raise ContractError(f"{root}: no image in its class folders; expected files ending in {known_suffixes()}")
    return LabelledImages(root, classes, tuple(names), tuple(labels))


def class_folders(root: Path) -> list[str]:
    """The names of the folders in ``root`` that stand for classes, sorted.

    Raises:
        ContractError: there is no such folder, or no folder in it.
    """
    if not root.is_dir():
        raise ContractError(f"{root}: no such folder; expected a folder with one subfolder a class")
    folders = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not is_hidden_folder(entry.name))
    if not folders:
        raise ContractError(f"{root}: no class folders in it; expected one subfolder a class")
    return folders


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
