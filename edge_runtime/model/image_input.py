"""Which dimensions of a model's input are rows, columns and channels, and how large an image of open size is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.preprocessing import parse_image_size
from edge_runtime.errors import ModelFileError
from edge_runtime.model.says import UserSays

Sides = tuple[int | None, ...]
"""The shape of a tensor; None where a dimension is open."""

_CHANNELS_AT = {"nhwc": 3, "nchw": 1}
_EXPECTED = "[1, height, width, 1 or 3], channels first or last"


@dataclass(frozen=True, slots=True)
class ImageInput:
    """How a model takes one image.

    Attributes:
        shape: of the input tensor.
        image_shape: (height, width, channels).
        is_open: whether the size is the user's, so that the interpreter must be told it.
    """

    shape: tuple[int, ...]
    image_shape: tuple[int, int, int]
    is_open: bool


def read_image_input(path: Path, sides: Sides, said: UserSays) -> ImageInput:
    """Finds out how a tensor takes one image.

    Raises:
        ModelFileError: it takes none.
        ContractError: the layout or the size must be said, or is said and does not fit.
    """
    rows, columns, channels = _axes(path, sides, said.layout)
    size = _image_size(path, sides, (sides[rows], sides[columns]), said.image_size)
    count = 1 if channels is None else sides[channels]
    assert count is not None
    shape = [side or 1 for side in sides]
    shape[rows], shape[columns] = size
    is_open = (sides[rows], sides[columns]) != size
    return ImageInput(tuple(shape), (*size, count), is_open)


def describe_shape(sides: Sides) -> str:
    """As people write it: [1, any, any, 3]."""
    return "[" + ", ".join("any" if side is None else str(side) for side in sides) + "]"


def _axes(path: Path, sides: Sides, layout: str | None) -> tuple[int, int, int | None]:
    """Where rows, columns and channels are; None for channels that are not there."""
    if len(sides) == 4 and sides[0] in (1, None):
        channels = _channels_axis(path, sides, layout)
        rows, columns = (axis for axis in (1, 2, 3) if axis != channels)
        return rows, columns, channels
    is_grey = (len(sides) == 3 and sides[0] in (1, None)) or (len(sides) == 2 and None not in sides)
    if not is_grey or 1 in sides[-2:]:
        raise ModelFileError(
            f"{path}: no image classifier: its input has shape {describe_shape(sides)}, expected {_EXPECTED}"
        )
    if layout is not None:
        raise ContractError(f"{path}: its input {describe_shape(sides)} has no channels; leave --layout out")
    return len(sides) - 2, len(sides) - 1, None


def _channels_axis(path: Path, sides: Sides, layout: str | None) -> int:
    possible = [name for name, axis in _CHANNELS_AT.items() if sides[axis] in (1, 3)]
    if not possible:
        raise ModelFileError(
            f"{path}: no image classifier: its input has shape {describe_shape(sides)}, expected {_EXPECTED}"
        )
    if layout is None and len(possible) > 1:
        raise ContractError(
            f"{path}: its input {describe_shape(sides)} may have its channels first or last; say which: --layout nhwc "
            "(last, as TensorFlow makes them) or nchw"
        )
    if layout is not None and layout not in possible:
        raise ContractError(f"{path}: --layout {layout} does not fit its input {describe_shape(sides)}")
    if layout == "nchw" and sides[1:] == (3, 3, 3):
        raise ContractError(f"{path}: images of 3x3 pixels are only taken with their channels last")
    return _CHANNELS_AT[layout or possible[0]]


def _image_size(path: Path, sides: Sides, found: tuple[int | None, int | None], said: str | None) -> tuple[int, int]:
    if found[0] is not None and found[1] is not None:
        if said is not None:
            raise ContractError(f"{path}: its input has shape {describe_shape(sides)}; leave --image-size out")
        return found[0], found[1]
    if said is None:
        raise ContractError(
            f"{path}: it takes images of any size, {describe_shape(sides)}; say the size it was trained with: "
            "--image-size S or HEIGHTxWIDTH"
        )
    size = parse_image_size(said)
    if any(side not in (None, wanted) for side, wanted in zip(found, size, strict=True)):
        raise ContractError(f"{path}: --image-size {said} does not fit its input {describe_shape(sides)}")
    return size
