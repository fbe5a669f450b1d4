"""What every kind of float model offers, and the checks that all kinds share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import SourceError, library_failures
from converter.models.flat import is_channels_first
from converter.quantize import Conversion
from edge_runtime.model import ModelFile, UserSays

Shape = tuple[int | None, ...]
Size = tuple[int, int]
"""(height, width)."""


class FloatModel(ABC):
    """A float model in memory: the gate compares with it, and every file is made from it.

    A kind is one file with one class, named in ``converter.models.source``. Nobody else asks what kind a model is.

    Attributes:
        path: the file or folder it was loaded from.
        image_shape: (height, width, channels) of the images it takes.
        output_shape: of its scores, the batch first.
        own_file: what MODEL says of itself where it is a .tflite; None where it is none.
        takes_bytes: whether pixels go in as they are, 0 to 255, as its integer input says.
    """

    path: Path
    image_shape: tuple[int, int, int]
    output_shape: Shape
    own_file: ModelFile | None = None
    takes_bytes: bool = False

    @classmethod
    @abstractmethod
    def load(cls, path: Path, said: UserSays, signature: str | None) -> FloatModel:
        """Loads ``path`` as the user says: its image size, and what only some kinds of model leave open.

        Args:
            path: of the file or folder.
            said: by the user.
            signature: the name under which it computes what is meant; None stands for the usual.

        Raises:
            SourceError: it is damaged, holds code, or is no image classifier; or something is said that this kind of
                model has not.
        """

    @abstractmethod
    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Its outputs as they are, (images, outputs), for preprocessed images (images, height, width, channels)."""

    def outputs_of(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """What :meth:`predict` gives.

        Raises:
            ConversionError: the library that runs the model fails.
        """
        with library_failures(f"{self.path}: the float model cannot be run on images"):
            return self.predict(pixels)

    @abstractmethod
    def start_conversion(self, folder: Path) -> Conversion:
        """What makes files of it; an export goes to ``folder``.

        Raises:
            ConversionError: TensorFlow cannot export it.
        """


def refuse_signature(path: Path, signature: str | None) -> None:
    """Refuses what only a SavedModel can be told.

    Raises:
        SourceError: it is said.
    """
    if signature is not None:
        raise SourceError(f"{path}: only a SavedModel has signatures; leave --signature out")


def refuse_words(path: Path, said: UserSays, *options: str) -> None:
    """Refuses what this kind of model cannot be told.

    Args:
        path: of the model, for errors.
        said: by the user.
        options: fields of ``said``.

    Raises:
        SourceError: it is said.
    """
    for option in options:
        if getattr(said, option) is not None:
            raise SourceError(f"{path}: --{option} does not go with this kind of model; leave it out")


def channels_last(shape: Shape) -> Shape:
    """The shape of the images, (batch, height, width, channels), that a model takes whose input has ``shape``."""
    if len(shape) == 3:
        return (*shape, 1)
    if is_channels_first(shape[1:]):
        return (shape[0], *shape[2:], shape[1])
    return shape


def check_image_input(path: Path, shapes: Sequence[Shape], image_size: Size | None) -> tuple[int, int, int]:
    """Returns (height, width, channels) of the one image a model takes.

    Args:
        path: of the model, for errors.
        shapes: of its inputs, the batch first; None where a side is open.
        image_size: what the user says the open sides are.

    Raises:
        SourceError: it is no model of one image, or its size is open and not said, or said otherwise.
    """
    if len(shapes) != 1:
        raise SourceError(f"{path}: it has {len(shapes)} inputs; edge-convert takes models of one image")
    shape = shapes[0]
    if len(shape) != 4 or shape[3] not in (1, 3):
        raise SourceError(
            f"{path}: its input has shape {describe_shape(shape)}; expected [any, height, width, 1 or 3], channels last"
        )
    sides = []
    for side, said in zip(shape[1:3], image_size or (None, None), strict=True):
        if side is None and said is None:
            raise SourceError(f"{path}: it takes images of any size; say which with --image-size S or HEIGHTxWIDTH")
        if said not in (None, side) and side is not None:
            raise SourceError(f"{path}: its input has shape {describe_shape(shape)}; leave --image-size out")
        sides.append(side or said or 0)
    return sides[0], sides[1], shape[3]


def check_scores_output(path: Path, name: str, shape: Shape) -> None:
    """Refuses a model that does not give one row of scores an image.

    Args:
        path: of the model, for errors.
        name: of its output.
        shape: of that.

    Raises:
        SourceError: it has another shape than (batch, classes).
    """
    if len(shape) != 2 or not shape[1]:
        raise SourceError(
            f"{path}: its output {name} has shape {describe_shape(shape)}; a classifier gives [any, classes]"
        )


def describe_shape(shape: Any) -> str:
    """As people write it: [any, 48, 48, 3]."""
    if not isinstance(shape, tuple):
        return str(shape)
    return "[" + ", ".join("any" if side is None else str(side) for side in shape) + "]"
