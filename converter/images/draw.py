"""Draws some images out of many, balanced over the classes."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, zip_longest

import numpy as np

from edge_runtime.contracts.dataset import LabelledImages


def draw_balanced(images: LabelledImages, count: int, seed: int) -> LabelledImages:
    """Draws up to ``count`` images, of each class as many as of every other while they last.

    The same images, count and seed give the same draw. The classes take turns, so that every beginning of it is
    balanced, too.
    """
    return images.subset(drawn_indices(images, count, seed))


def drawn_indices(images: LabelledImages, count: int, seed: int) -> list[int]:
    """Which images :func:`draw_balanced` draws, in its order."""
    generator = np.random.default_rng(seed)
    by_class: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, labels in enumerate(images.labels):
        by_class[labels].append(index)
    shuffled = [generator.permutation(by_class[labels]).tolist() for labels in sorted(by_class)]
    in_turn = [index for index in chain.from_iterable(zip_longest(*shuffled)) if index is not None]
    return in_turn[:count]
