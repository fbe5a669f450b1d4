"""What makes a training dishonest or impossible: leaks, contradicting labels, images that cannot be decoded."""

from __future__ import annotations

from collections.abc import Sequence

from edge_runtime.contracts.command import logger
from edge_runtime.contracts.dataset import LabelledImages, find_duplicates
from edge_runtime.errors import ImageError
from edge_runtime.preprocess import read_image
from trainer.data.source import DataSource
from trainer.data.split import Split
from trainer.errors import DataError

_SHOWN_DUPLICATES = 5
_UNREADABLE_SHARE = 0.01
_UNREADABLE_ALWAYS = 5


def refuse_contradictions(source: DataSource) -> None:
    """Refuses data in which equal files have different labels, or lie in two ready-made parts.

    Raises:
        DataError: the message names both files.
    """
    images = source.images
    for group in find_duplicates(images):
        first = group[0]
        for other in group[1:]:
            pair = f"{images.path(first)} and {images.path(other)} are the same file"
            if images.labels[first] != images.labels[other]:
                raise DataError(f"{pair} with different labels; remove one")
            if source.parts[first] != source.parts[other]:
                raise DataError(f"{pair} in two parts, so the test would be on what was trained on; remove one")


def report_duplicates(images: LabelledImages, split: Split) -> None:
    """Warns of equal files, which the split keeps in one part: a few by name, the others by their number."""
    part_of = {index: part for part, indices in split.items() for index in indices}
    groups = find_duplicates(images)
    for group in groups[:_SHOWN_DUPLICATES]:
        first, second = (images.path(index) for index in group[:2])
        logger.warning("%s and %s are the same file; both are in %s", first, second, part_of[group[0]])
    if len(groups) > _SHOWN_DUPLICATES:
        logger.warning("%d more files are there twice or more often", len(groups) - _SHOWN_DUPLICATES)


def report_unreadable(images: LabelledImages, readable: Sequence[int]) -> None:
    """Warns of each image that could not be decoded and is skipped.

    Raises:
        DataError: there are more than 1 % of all images, and more than 5.
    """
    unreadable = sorted(set(range(len(images))) - set(readable))
    if len(unreadable) > max(_UNREADABLE_ALWAYS, _UNREADABLE_SHARE * len(images)):
        raise DataError(
            f"{images.root}: {len(unreadable)} of {len(images)} images cannot be decoded, too many to skip; "
            f"the first is {_reason(images, unreadable[0])}"
        )
    for index in unreadable:
        logger.warning("skipped: %s", _reason(images, index))


def _reason(images: LabelledImages, index: int) -> str:
    try:
        read_image(images.path(index))
    except ImageError as error:
        return str(error)
    return f"{images.path(index)}: cannot decode"
