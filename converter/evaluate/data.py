"""What a user writes as DATA goes in; images come out, with the classes they show where that is known."""

from __future__ import annotations

from pathlib import Path

from converter.errors import DataError
from converter.images import check_task
from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import PART_FOLDERS, LabelledImages, class_folders
from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.contracts.image_files import describe_left_out, find_image_files, known_suffixes
from edge_runtime.contracts.manifest import Task

_TEST = ("test", "testing")


def find_part(data: Path) -> Path:
    """The test part of a folder that consists of parts, which is said; else ``data`` itself.

    Raises:
        DataError: there is nothing at ``data``.
    """
    if not data.exists():
        raise DataError(f"{data}: no such folder or CSV file; expected one subfolder a class, a CSV file, or images")
    folders = _folders(data)
    tests = [folder for folder in folders if folder.lower() in _TEST]
    if len(folders) < 2 or len(tests) != 1 or not {folder.lower() for folder in folders} <= PART_FOLDERS:
        return data
    logger.info("%s: a data set in parts; %s is evaluated; name another folder for another", data, data / tests[0])
    return data / tests[0]


def has_labels(data: Path) -> bool:
    """Whether ``data`` says what its images show: a CSV file, or a folder with folders in it."""
    return not data.is_dir() or bool(_folders(data))


def class_names(data: Path) -> tuple[str, ...]:
    """The classes as ``data`` itself calls them, in its order.

    Raises:
        ContractError: it is no data set.
    """
    return read_dataset(data).classes


def read_labelled(data: Path, labels: tuple[str, ...], task: Task) -> LabelledImages:
    """The images of ``data`` and which of the classes ``labels`` they show.

    Raises:
        ContractError: it is no data set, or shows something that is none of the model's classes.
        DataError: an image shows several classes where the model gives one.
    """
    images = read_dataset(data, labels)
    check_task(images, task)
    return images


def read_unlabelled(data: Path, labels: tuple[str, ...]) -> LabelledImages:
    """The images of a folder that has none but images.

    Raises:
        DataError: there is none.
    """
    found = find_image_files(data)
    if found.left_out:
        logger.info("%s: %s", data, describe_left_out(found.left_out))
    if not found.names:
        raise DataError(f"{data}: no class folders and no image in it; expected files ending in {known_suffixes()}")
    return LabelledImages(data, labels, found.names, ((),) * len(found.names))


def _folders(data: Path) -> list[str]:
    if not data.is_dir() or not any(entry.is_dir() and not entry.name.startswith(".") for entry in data.iterdir()):
        return []
    return class_folders(data)
