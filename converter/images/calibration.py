"""Calibration: the images on which the ranges of activations are measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.preprocess import Preprocessor, read_image


def draw_balanced(images: LabelledImages, count: int, seed: int) -> LabelledImages:
    """Draws up to ``count`` images, of each class as many as of every other while they last.

    The same images, count and seed give the same draw. The classes take turns, so that every beginning of it is
    balanced, too.
    """
    generator = np.random.default_rng(seed)
    by_class: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, labels in enumerate(images.labels):
        by_class[labels].append(index)
    shuffled = [generator.permutation(by_class[labels]).tolist() for labels in sorted(by_class)]
    in_turn = [index for index in chain.from_iterable(zip_longest(*shuffled)) if index is not None]
    return images.subset(in_turn[:count])


def iterate_inputs(images: LabelledImages, spec: PreprocessSpec) -> Iterator[NDArray[np.float32]]:
    """Each image as the model takes it, read when it is asked for: float32 (1, height, width, channels).

    Raises:
        ImageError: an image cannot be decoded; the message names it.
    """
    tensor = TensorSpec((1, spec.height, spec.width, spec.channels), "float32")
    preprocess = Preprocessor(spec, tensor)
    for index in range(len(images)):
        pixels = np.empty(tensor.shape, np.float32)
        preprocess(read_image(images.path(index)), pixels)
        yield pixels
