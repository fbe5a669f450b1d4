"""What makes a training dishonest or impossible: leaks, contradicting labels, images that cannot be decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import PARTS, LabelledImages, find_duplicates
from edge_runtime.errors import ImageError
from edge_runtime.preprocess import read_image
from trainer.data.leaks.duplicates import SameImages, find_same_images
from trainer.data.leaks.signatures import sign_images
from trainer.data.source import DataSource
from trainer.errors import DataError

_SHOWN = 5
_UNREADABLE_SHARE = 0.01
_UNREADABLE_ALWAYS = 5


def screen(source: DataSource, *, cached: bool = True) -> DataSource:
    """Looks at all images before a training: what cannot be decoded is left out, what shows the same is kept together.

    Where ready-made parts share an image, all its copies come into one part: test before val before train. A published
    data set stays as it is; only equal files of its training part are kept together.

    Args:
        source: the data as it was read.
        cached: whether what the images look like is kept for the next run.

    Raises:
        DataError: equal files have different labels, or too many images cannot be decoded.
    """
    if source.published:
        equal = (tuple(group) for group in find_duplicates(source.images))
        return replace(source, same=tuple(group for group in equal if len({source.parts[i] for i in group}) == 1))
    signatures = sign_images(source.images, cached=cached)
    readable = signatures.readable.nonzero()[0].tolist()
    _report_unreadable(source.images, readable)
    source, signatures = source.subset(readable), signatures.subset(readable)
    _refuse_contradictions(source.images)
    groups = find_same_images(source.images, signatures)
    parts = list(source.parts)
    for group in groups:
        found = {source.parts[index] for index in group.indices}
        for index in group.indices:
            parts[index] = max(found, key=lambda part: PARTS.index(part) if part else -1)
    _report(source, parts, groups)
    return replace(source, parts=tuple(parts), same=tuple(group.indices for group in groups))


def _report_unreadable(images: LabelledImages, readable: Sequence[int]) -> None:
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


def _refuse_contradictions(images: LabelledImages) -> None:
    for group in find_duplicates(images):
        for other in group[1:]:
            if images.labels[group[0]] != images.labels[other]:
                pair = f"{images.path(group[0])} and {images.path(other)}"
                raise DataError(f"{pair} are the same file with different labels; remove one")


def _report(source: DataSource, parts: Sequence[str | None], groups: Sequence[SameImages]) -> None:
    """Warns of what shows the same: a few by both names, the others by their number (all with --log-level debug)."""
    leaks = [group for group in groups if any(source.parts[i] != parts[i] for i in group.indices)]
    inside = [group for group in groups if group not in leaks]
    for kind, what in ((leaks, "were in two parts"), (inside, "are kept in one part")):
        for number, group in enumerate(kind):
            tell = logger.warning if number < _SHOWN else logger.debug
            tell("%s", _describe(source, parts, group))
        if len(kind) > _SHOWN:
            logger.warning("%d more groups of images that show the same %s", len(kind) - _SHOWN, what)


def _describe(source: DataSource, parts: Sequence[str | None], group: SameImages) -> str:
    images, first = source.images, group.indices[0]
    # The other name is that of the image which makes the group worth a line: one from another part or class.
    kinds = [(source.parts[index], images.labels[index]) for index in group.indices]
    other = next((i for i, kind in zip(group.indices, kinds, strict=True) if kind != kinds[0]), group.indices[1])
    text = f"{images.path(first)} and {images.path(other)} are "
    text += "the same file" if group.equal else "nearly the same picture"
    if images.labels[first] != images.labels[other]:
        text += f", but labelled {_named(images, first)} and {_named(images, other)}"
    if source.parts[first] != source.parts[other]:
        return f"{text}, a leak: all of the {len(group.indices)} are now in {parts[first]}"
    more = len(group.indices) - 2
    return f"{text}{f' (and {more} more)' if more else ''}; they are kept in one part"


def _named(images: LabelledImages, index: int) -> str:
    return " + ".join(images.classes[label] for label in images.labels[index]) or "nothing"


def _reason(images: LabelledImages, index: int) -> str:
    try:
        read_image(images.path(index))
    except ImageError as error:
        return str(error)
    return f"{images.path(index)}: cannot decode"
