"""PreprocessSpec: how the pixels of a frame become the numbers a model was trained on.

``edge_runtime.preprocess`` executes it; trainer, converter, device and benchmark all go through that one place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from edge_runtime.contracts.errors import ContractError

ResizeMode = Literal["squash", "center-crop", "letterbox"]
Resampling = Literal["bilinear", "antialias"]
ColorOrder = Literal["RGB", "BGR", "GRAY"]

COLORS: dict[str, ColorOrder] = {"rgb": "RGB", "bgr": "BGR", "gray": "GRAY"}
RESIZE_MODES: tuple[str, ...] = get_args(ResizeMode)
RESAMPLINGS: tuple[Resampling, ...] = get_args(Resampling)
MAX_SIDE = 4096
MIN_STD = 1e-6
"""Far below any pixel statistics; much smaller ones make float32 infinite."""

NORMALIZATIONS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "-1..1": ((127.5,), (127.5,)),
    "0..1": ((0.0,), (255.0,)),
    "0..255": ((0.0,), (1.0,)),
    # The ImageNet statistics of https://docs.pytorch.org/vision/stable/models.html, times 255.
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}


@dataclass(frozen=True, slots=True)
class PreprocessSpec:
    """From a uint8 RGB frame of any size to a float tensor (height, width, channels).

    The steps, in this order:

    1. ``resize``: "squash" takes the whole frame, its aspect lost; "center-crop" the largest centred part with the
       target's aspect, shrunk to ``crop_fraction`` of its sides; "letterbox" keeps the aspect and fills with black.
    2. ``resampling``: "bilinear" with half-pixel centres, on a frame that is first halved while it is at least four
       times as large as the target; or "antialias", where every pixel of the frame counts, as in Pillow's BILINEAR and
       ``tf.image.resize(antialias=True)`` (see ``edge_runtime.preprocess.resize``).
    3. ``color``: channels in the order RGB or BGR, or one grey channel (ITU-R BT.601 luma).
    4. ``(pixel - mean) / std`` with pixels in 0..255; one number for all channels, or one a channel.

    Raises:
        ContractError: a value is impossible; the message names the field.
    """

    height: int
    width: int
    resize: ResizeMode = "squash"
    crop_fraction: float = 1.0
    resampling: Resampling = "bilinear"
    color: ColorOrder = "RGB"
    mean: tuple[float, ...] = (127.5,)
    std: tuple[float, ...] = (127.5,)

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            if not 1 <= getattr(self, name) <= MAX_SIDE:
                raise ContractError(f"{name} {getattr(self, name)} is not within 1..{MAX_SIDE}")
        for name, allowed in (("resize", RESIZE_MODES), ("resampling", RESAMPLINGS), ("color", get_args(ColorOrder))):
            if getattr(self, name) not in allowed:
                raise ContractError(f"{name} {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        if not 0.0 < self.crop_fraction <= 1.0:
            raise ContractError(f"crop_fraction {self.crop_fraction} is not within (0, 1]")
        if self.crop_fraction != 1.0 and self.resize != "center-crop":
            raise ContractError(f"crop_fraction {self.crop_fraction} needs resize 'center-crop', not {self.resize!r}")
        for name in ("mean", "std"):
            values = getattr(self, name)
            if len(values) not in (1, self.channels) or not all(map(math.isfinite, values)):
                raise ContractError(f"{name} needs 1 or {self.channels} finite numbers, got {list(values)}")
        if min(self.std) < MIN_STD:
            raise ContractError(f"std needs numbers of {MIN_STD} or more, got {list(self.std)}")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of what the model sees."""
        return self.height, self.width, self.channels

    @property
    def channels(self) -> int:
        """1 for grey, else 3."""
        return 1 if self.color == "GRAY" else 3


def each_resampling(spec: PreprocessSpec) -> tuple[PreprocessSpec, ...]:
    """``spec`` first, then the same with each other resampling: what a model of unknown training may have been fed."""
    others = (name for name in RESAMPLINGS if name != spec.resampling)
    return (spec, *(replace(spec, resampling=name) for name in others))


def parse_resize(text: str) -> tuple[ResizeMode, float, Resampling]:
    """Returns (resize, crop_fraction, resampling) for what a user may write after ``--resize``.

    Args:
        text: "squash", "letterbox", "center-crop", or "center-crop:0.875" to keep that part of the sides; each may be
            followed by ":antialias", for a model that was trained on antialiased pictures.

    Raises:
        ContractError: the text is none of these.
    """
    mode, *rest = text.split(":")
    resampling = cast(Resampling, rest.pop() if rest and rest[-1] in RESAMPLINGS else "bilinear")
    try:
        (fraction,) = rest or ("1",)
        spec = PreprocessSpec(1, 1, cast(ResizeMode, mode), float(fraction), resampling)
    except ValueError as error:
        raise ContractError(
            f"resize {text!r} is not one of {', '.join(RESIZE_MODES)} or center-crop:FRACTION; "
            "each may end in :antialias"
        ) from error
    return spec.resize, spec.crop_fraction, spec.resampling


def parse_image_size(text: str) -> tuple[int, int]:
    """Returns (height, width) for what a user may write after ``--image-size``.

    Args:
        text: "224" for a square, or "HEIGHTxWIDTH", say "192x256".

    Raises:
        ContractError: the text is neither, or a side is not within 1..``MAX_SIDE``.
    """
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() and len(side) < 6 and 1 <= int(side) <= MAX_SIDE for side in sides):
        raise ContractError(f"image-size {text!r} is neither S nor HEIGHTxWIDTH with sides within 1..{MAX_SIDE}")
    return int(sides[0]), int(sides[-1])


def parse_normalization(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns (mean, std) for what a user may write after ``--normalization``.

    Args:
        text: "-1..1", "0..1", "0..255", "imagenet", or "mean,std" in pixel units, say "127.5,127.5"; six numbers give
            the means of the three channels, then their standard deviations.

    Raises:
        ContractError: the text is none of these.
    """
    if text in NORMALIZATIONS:
        return NORMALIZATIONS[text]
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    half = len(numbers) // 2
    mean, std = numbers[:half], numbers[half:]
    if len(numbers) not in (2, 6) or not all(map(math.isfinite, numbers)) or min(std) < MIN_STD:
        raise ContractError(
            f"normalization {text!r} is not one of {', '.join(NORMALIZATIONS)} or mean,std in pixel units (127.5,127.5)"
        )
    return mean, std
