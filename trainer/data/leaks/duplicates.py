"""Finds images that show the same: equal files, and near-duplicates by a perceptual hash."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages, find_duplicates
from trainer.data.leaks.signatures import Signatures

MAX_BITS = 24
"""Two images whose 256-bit hashes differ in at most this many bits are near-duplicates.

Measured: see ``docs/decisions/0022-leaks-are-found-and-moved.md``.
"""
MAX_COLOR = 24.0
"""And whose mean colours, of 4x4 cells, differ by at most this much on average, in 0..255."""


@dataclass(frozen=True)
class SameImages:
    """Images that must stay together.

    Attributes:
        indices: of the images, ascending.
        equal: whether their files are equal, not just nearly the same picture.
    """

    indices: tuple[int, ...]
    equal: bool


def find_same_images(images: LabelledImages, signatures: Signatures) -> list[SameImages]:
    """Groups of two or more images that are equal or nearly the same; near-duplicates of one another are one group.

    Args:
        images: the images, all of them readable.
        signatures: what they look like.
    """
    pairs = [(group[0], other) for group in find_duplicates(images) for other in group[1:]]
    pairs += _near_pairs(signatures)
    return [
        SameImages(tuple(group), len({images.digests[index] for index in group}) == 1)
        for group in _connected(len(images), pairs)
    ]


def _near_pairs(signatures: Signatures) -> list[tuple[int, int]]:
    """Pairs of near-duplicates; of images with equal hashes only as many as keep them connected."""
    # Equal hashes and colours are joined first: of a thousand blank images there would be half a million pairs.
    looks = np.concatenate([signatures.hashes.view(np.uint8), signatures.colors], axis=1)
    _, first, look = np.unique(looks, axis=0, return_index=True, return_inverse=True)
    representative = first[look.ravel()]
    equal = np.flatnonzero(representative != np.arange(len(looks)))
    pairs = list(zip(representative[equal].tolist(), equal.tolist(), strict=True))
    different = np.sort(first)
    for left, right in _candidates(signatures.hashes[different]):
        near = _are_near(signatures, different[left], different[right])
        pairs += zip(different[left[near]].tolist(), different[right[near]].tolist(), strict=True)
    return pairs


def _candidates(hashes: NDArray[np.uint16]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions (left, right) of hashes with at least one equal word.

    All pairs that differ in fewer bits than there are words are among them, and of those that differ in MAX_BITS nearly
    all: the chance that 24 bits fall into all of the 16 words is 1 %.
    """
    found = []
    for word in hashes.T:
        order = np.argsort(word, kind="stable")
        positions = np.arange(len(order))
        for offset in range(1, len(order)):
            # Those whose neighbour so many places on in the sorted order still has the same word.
            positions = positions[positions < len(order) - offset]
            positions = positions[word[order[positions]] == word[order[positions + offset]]]
            if not len(positions):
                break
            found.append((order[positions], order[positions + offset]))
    return found


def _are_near(signatures: Signatures, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the pairs (left, right) look nearly the same, bool (pairs,)."""
    differing = signatures.hashes[left] ^ signatures.hashes[right]
    bits = np.unpackbits(differing.view(np.uint8), axis=1).sum(axis=1)
    colors = np.abs(signatures.colors[left].astype(np.int16) - signatures.colors[right]).mean(axis=1)
    near: NDArray[np.bool_] = (bits <= MAX_BITS) & (colors <= MAX_COLOR)
    return near


def _connected(count: int, pairs: list[tuple[int, int]]) -> list[list[int]]:
    """The groups of two or more of ``count`` items that ``pairs`` connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not pairs:
        return []
    left, right = np.array(pairs).T
    _, component = connected_components(coo_array((np.ones(len(pairs)), (left, right)), shape=(count, count)))
    members = np.unique(np.array(pairs))
    groups: dict[int, list[int]] = {}
    for index in members.tolist():
        groups.setdefault(int(component[index]), []).append(index)
    return list(groups.values())
