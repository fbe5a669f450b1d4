"""TensorSpec: what a model's input or output tensor holds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from edge_runtime.contracts.errors import ContractError

DType = Literal["float32", "uint8", "int8"]
Layout = Literal["nhwc", "nchw"]
"""Where the channels of an image tensor are: behind its rows and columns, or before them."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape, type and quantisation of one tensor.

    A quantised tensor stands for the real numbers ``(q - zero_point) * scale``
    (https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec); a float32 tensor has
    scale 0.

    Raises:
        ContractError: the combination is impossible.
    """

    shape: tuple[int, ...]
    dtype: DType
    scale: float = 0.0
    zero_point: int = 0

    def __post_init__(self) -> None:
        if not self.shape or min(self.shape) < 1:
            raise ContractError(f"shape {list(self.shape)} needs positive sides")
        if self.dtype not in get_args(DType):
            raise ContractError(f"dtype {self.dtype!r} is not one of {', '.join(get_args(DType))}")
        if not math.isfinite(self.scale) or self.scale < 0:
            raise ContractError(f"scale {self.scale} is not a finite number from 0 up")
        if self.is_quantized and self.scale == 0:
            raise ContractError(f"a {self.dtype} tensor needs a scale above 0")
        if self.is_quantized and not self.lowest <= self.zero_point <= self.lowest + 255:
            raise ContractError(f"zero_point {self.zero_point} is no {self.dtype}")
        if self.dtype == "float32" and (self.scale, self.zero_point) != (0.0, 0):
            raise ContractError("a float32 tensor has scale 0 and zero_point 0")

    @property
    def is_quantized(self) -> bool:
        """Whether the tensor holds 8-bit integers."""
        return self.dtype != "float32"

    @property
    def lowest(self) -> int:
        """The smallest number the 8-bit type holds: 0 or -128."""
        return -128 if self.dtype == "int8" else 0


def layout_of(shape: tuple[int, ...], image: tuple[int, int, int]) -> Layout | None:
    """How a tensor of ``shape`` holds one image, given as (height, width, channels); None where it does not.

    A grey image may do without the dimension of channels, and without that of the batch.
    """
    height, width, channels = image
    if shape == (1, height, width, channels) or (channels == 1 and shape in ((1, height, width), (height, width))):
        return "nhwc"
    return "nchw" if shape == (1, channels, height, width) else None
