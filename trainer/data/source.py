"""What the DATA argument stands for: class folders, ready-made parts, a CSV, IDX files, or a data set by its name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from importlib import resources
from pathlib import Path

from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import PARTS, LabelledImages, class_folders, read_image_folder
from edge_runtime.contracts.dataset_files import read_dataset
from trainer.config import SAMPLE
from trainer.data.formats import NAMED, idx_files, labels_of, open_named, read_idx_folder, unpack
from trainer.errors import DataError


@dataclass(frozen=True)
class DataSource:
    """Labelled images and the part of the split that a folder assigns each to.

    Attributes:
        parts: "train", "val" or "test" for each image; None where no folder says so.
        published: whether they are the parts of a published data set, which stay as they are, so that figures on them
            can be compared with those of others.
        same: groups of images that must come into one part, since they show the same.
    """

    images: LabelledImages
    parts: tuple[str | None, ...]
    published: bool = False
    same: tuple[tuple[int, ...], ...] = ()

    def subset(self, indices: list[int]) -> DataSource:
        """The images at ``indices``, in that order."""
        if indices == list(range(len(self.images))):
            return self
        place = {index: new for new, index in enumerate(indices)}
        same = (tuple(place[index] for index in group if index in place) for group in self.same)
        return DataSource(
            self.images.subset(indices),
            tuple(self.parts[index] for index in indices),
            self.published,
            tuple(group for group in same if len(group) > 1),
        )


def open_data(data: str, data_dir: str = "") -> DataSource:
    """Reads what ``data`` stands for: a name ("sample" or one in ``named.NAMED``), a folder or a CSV file.

    Args:
        data: the name or path.
        data_dir: where a named set is looked for instead of the usual places; "" for those.

    Raises:
        ContractError: the folder is missing, empty or holds no class folders with images; the CSV breaks its rules.
        DataError: it has one class only, a class without images, or parts under other names; a named data set is
            nowhere; IDX files are damaged.
        OutputError: IDX files or a named data set cannot be unpacked.
    """
    root = Path(data)
    named = data == SAMPLE or data in NAMED
    if named and root.exists():
        logger.warning("%s is the data set of that name; for the file or folder write ./%s", data, data)
    if data == SAMPLE:
        root = Path(str(resources.files("trainer") / "assets" / "sample"))
    elif named:
        root = open_named(data, data_dir)
    elif root.is_dir() and (files := idx_files(root)):
        sources = files + [labels_of(path) for path in files]
        root, named = unpack(root.name or "idx", sources, partial(read_idx_folder, root)), True
    root = root.absolute()
    source = _read_parts(root) if _has_parts(root) else _read_whole(root)
    _check_classes(source.images)
    return replace(source, published=named and data != SAMPLE)


def _has_parts(root: Path) -> bool:
    """Whether ``train`` below ``root`` is a part of the data, not a class of that name: it then holds folders."""
    train = root / "train"
    return train.is_dir() and any(entry.is_dir() for entry in train.iterdir())


def _read_whole(root: Path) -> DataSource:
    images = read_dataset(root)
    return DataSource(images, (None,) * len(images))


def _read_parts(root: Path) -> DataSource:
    folders = {entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")}
    strangers = sorted(folders - set(PARTS))
    if strangers:
        raise DataError(f"{root}: beside train/ there is {strangers[0]}/; expected {', '.join(PARTS)}; rename it")
    classes = tuple(class_folders(root / "train"))
    names: list[str] = []
    labels: list[tuple[int, ...]] = []
    parts: list[str | None] = []
    for part in PARTS:
        if part in folders:
            images = read_image_folder(root / part, classes)
            names += [f"{part}/{name}" for name in images.names]
            labels += images.labels
            parts += [part] * len(images)
    return DataSource(LabelledImages(root, classes, tuple(names), tuple(labels)), tuple(parts))


def _check_classes(images: LabelledImages) -> None:
    if len(images.classes) < 2:
        raise DataError(f"{images.root}: only one class, {images.classes[0]!r}; a classifier needs two class folders")
    seen = {label for labels in images.labels for label in labels}
    for label, name in enumerate(images.classes):
        if label not in seen:
            raise DataError(f"{images.root}: class {name!r} has no image; give it some or remove it")
