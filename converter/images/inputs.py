"""Images as a float model takes them, one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.preprocess import Preprocessor, read_image


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
