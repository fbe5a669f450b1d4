"""Splits images into train, val and test: by class, the same for the same seed, and never one image in two parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import PARTS
from trainer.data.labels import multi_hot
from trainer.data.source import DataSource
from trainer.errors import DataError

Split = dict[str, list[int]]
"""For each of "train", "val" and "test" the indices of its images, ascending."""

_Group = list[int]
"""Indices of images that must go to the same part."""


def split_images(source: DataSource, shares: tuple[int, int, int], seed: int) -> Split:
    """Assigns every image to a part.

    Images whose folder says val or test stay there. Where a part has no folder, it is cut from the rest: for each
    class its share, rounded, of the different images, at least one (scikit-learn's stratified split does not promise
    that); where an image may have several labels, by iterative stratification. Images that show the same go to the
    same part.

    Args:
        source: the images.
        shares: of train, val and test, in percent.
        seed: of the draw.

    Raises:
        DataError: a class has fewer different images than there are parts to fill.
    """
    cut = [part for part in PARTS[1:] if part not in source.parts]
    wanted = {part: share for part, share in zip(PARTS, shares, strict=True) if part == "train" or part in cut}
    groups = [group for group in groups_of(source) if source.parts[group[0]] in (None, "train")]
    one_label = all(len(labels) == 1 for labels in source.images.labels)
    chosen = (_cut_by_class if one_label else _cut_iteratively)(source, groups, wanted, seed)
    split: Split = {part: [i for i, prescribed in enumerate(source.parts) if prescribed == part] for part in PARTS}
    for part, members in chosen.items():
        split[part] = sorted(index for group in members for index in group)
    return split


def groups_of(source: DataSource) -> list[list[int]]:
    """All images in groups that must come into one part: those that show the same, the others alone."""
    joined = {index for group in source.same for index in group}
    return [list(group) for group in source.same] + [[i] for i in range(len(source.images)) if i not in joined]


def _cut_by_class(
    source: DataSource, groups: Sequence[_Group], wanted: dict[str, int], seed: int
) -> dict[str, list[_Group]]:
    """The groups of each part in ``wanted`` (part to share): the exact share of each class."""
    of_class: dict[int, list[_Group]] = {label: [] for label in range(len(source.images.classes))}
    for group in groups:
        of_class[source.images.labels[group[0]][0]].append(group)
    generator = np.random.default_rng(seed)
    chosen: dict[str, list[_Group]] = {part: [] for part in wanted}
    for label, members in of_class.items():
        sizes = _part_sizes(len(members), wanted)
        if sizes["train"] < 1:
            raise _too_small(source, label, len(members), wanted)
        order = iter(generator.permutation(len(members)))
        for part, size in sizes.items():
            chosen[part] += [members[next(order)] for _ in range(size)]
    return chosen


def _cut_iteratively(
    source: DataSource, groups: Sequence[_Group], wanted: dict[str, int], seed: int
) -> dict[str, list[_Group]]:
    """As :func:`_cut_by_class`, for images with any number of labels."""
    labels = [tuple({label for index in group for label in source.images.labels[index]}) for group in groups]
    shown = multi_hot(labels, len(source.images.classes))
    for label, count in enumerate(shown.sum(axis=0).tolist()):
        if count < len(wanted):
            raise _too_small(source, label, count, wanted)
    sizes = _part_sizes(len(groups), wanted)
    chosen: dict[str, list[_Group]] = {}
    rest = np.arange(len(groups))
    for part in list(wanted)[1:]:
        taken = _draw_stratified(shown[rest], sizes[part], seed)
        chosen[part] = [groups[index] for index in rest[taken].tolist()]
        rest = np.delete(rest, taken)
    return {"train": [groups[index] for index in rest.tolist()], **chosen}


def _draw_stratified(shown: NDArray[np.bool_], count: int, seed: int) -> NDArray[np.int64]:
    """Positions of ``count`` rows of ``shown``, bool (images, classes), in which all classes have their share."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    splitter = MultilabelStratifiedShuffleSplit(
        n_splits=1, test_size=count, train_size=len(shown) - count, random_state=seed
    )
    _, drawn = next(splitter.split(shown, shown))
    return np.sort(drawn)


def _part_sizes(count: int, wanted: dict[str, int]) -> dict[str, int]:
    """How many of ``count`` images each part gets; "train" gets what the others leave."""
    total = sum(wanted.values())
    sizes = {part: max(1, round(count * share / total)) for part, share in wanted.items() if part != "train"}
    return {"train": count - sum(sizes.values()), **sizes}


def _too_small(source: DataSource, label: int, count: int, wanted: dict[str, int]) -> DataError:
    return DataError(
        f"{source.images.root}: class {source.images.classes[label]!r} has {count} different images; "
        f"at least {len(wanted)} are needed for {', '.join(wanted)}"
    )
