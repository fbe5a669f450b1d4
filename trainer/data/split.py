"""Splits images into train, val and test: by class, the same for the same seed, and never one image in two parts."""

from __future__ import annotations

import numpy as np

from edge_runtime.contracts.dataset import PARTS
from trainer.data.source import DataSource
from trainer.errors import DataError

Split = dict[str, list[int]]
"""For each of "train", "val" and "test" the indices of its images, ascending."""


def split_images(source: DataSource, shares: tuple[int, int, int], seed: int) -> Split:
    """Assigns every image to a part.

    Images whose folder says val or test stay there. Where a part has no folder, it is cut from the rest: for each
    class its share, rounded, of the different images, at least one. Equal files go to the same part. (scikit-learn's
    stratified split promises neither of the last two.)

    Args:
        source: the images.
        shares: of train, val and test, in percent.
        seed: of the draw.

    Raises:
        DataError: a class has fewer different images than there are parts to fill.
    """
    cut = [part for part in PARTS[1:] if part not in source.parts]
    split: Split = {part: [i for i, prescribed in enumerate(source.parts) if prescribed == part] for part in PARTS}
    split["train"] = []  # is cut as well: it is what the others leave
    generator = np.random.default_rng(seed)
    for label, groups in _groups_to_cut(source).items():
        sizes = _part_sizes(len(groups), dict(zip(PARTS, shares, strict=True)), cut)
        if sizes["train"] < 1:
            raise DataError(
                f"{source.images.root}: class {source.images.classes[label]!r} has {len(groups)} different images; "
                f"at least {len(sizes)} are needed for {', '.join(sizes)}"
            )
        order = iter(generator.permutation(len(groups)))
        for part, size in sizes.items():
            for _ in range(size):
                split[part] += groups[next(order)]
    return {part: sorted(indices) for part, indices in split.items()}


def _groups_to_cut(source: DataSource) -> dict[int, list[list[int]]]:
    """For each class the images that no folder assigns to val or test, equal files in one group."""
    groups: dict[int, dict[str, list[int]]] = {label: {} for label in range(len(source.images.classes))}
    for index, part in enumerate(source.parts):
        if part in (None, "train"):
            label = source.images.labels[index][0]
            groups[label].setdefault(source.images.digests[index], []).append(index)
    return {label: list(by_digest.values()) for label, by_digest in groups.items()}


def _part_sizes(count: int, shares: dict[str, int], cut: list[str]) -> dict[str, int]:
    """How many of ``count`` images each part gets; "train" gets what the parts in ``cut`` leave."""
    total = shares["train"] + sum(shares[part] for part in cut)
    sizes = {part: max(1, round(count * shares[part] / total)) for part in cut}
    return {"train": count - sum(sizes.values()), **sizes}
