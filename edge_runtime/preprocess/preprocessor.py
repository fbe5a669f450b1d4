"""Preprocessor: from a frame to the numbers in an input tensor, without allocating more than it must."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec, layout_of
from edge_runtime.errors import ImageError
from edge_runtime.preprocess.resize import load_resizers, resize_frame

_TIE = 1e-3


class Preprocessor:
    """Fills a model's input tensor from uint8 RGB frames.

    A quantised tensor gets ``floor((normalised / scale + zero_point) + 0.5)``, clipped to its type. Ties within
    1/1000 of a step go up: a calibrated tensor often puts its zero point half a step beside the pixels' centre, and
    every other rounding would then merge neighbouring pixel values. For 8-bit tensors it is a table of 256 entries;
    where that table changes nothing, the frame is resized straight into the tensor.

    Not safe for use by two threads at once: it owns a scratch array.
    """

    def __init__(self, spec: PreprocessSpec, tensor: TensorSpec) -> None:
        """Prepares the tables.

        Raises:
            ContractError: the tensor's shape does not fit the height, width and channels of the specification.
        """
        layout = layout_of(tensor.shape, spec.image_shape)
        if layout is None:
            raise ContractError(
                f"input shape {list(tensor.shape)} does not fit "
                f"preprocessing [1, {spec.height}, {spec.width}, {spec.channels}]"
            )
        self.spec = spec
        self.tensor = tensor
        self.resizer_name = load_resizers()[0]
        self._image_shape = (1, *spec.image_shape)
        is_transposed = layout == "nchw" and spec.channels > 1
        self._before_transposing = np.empty(self._image_shape, tensor.dtype) if is_transposed else None
        self._resized = np.empty((spec.height, spec.width, 3), np.uint8)
        self._scale, self._offset = (_a_row(values, spec.width) for values in normalization(spec))
        self._table = quantization_table(spec, tensor) if tensor.is_quantized else None
        lowest_first = np.arange(tensor.lowest, tensor.lowest + 256)
        self._is_identity = self._table is not None and all((column == lowest_first).all() for column in self._table.T)
        self._is_direct = self._is_identity and tensor.dtype == "uint8" and spec.color == "RGB"

    def __call__(self, frame: NDArray[np.uint8], out: NDArray[Any]) -> None:
        """Fills ``out``, an array of the input tensor's shape, from ``frame``.

        Raises:
            ImageError: the frame is not uint8 (height, width, 3).
        """
        check_frame(frame)
        if self._before_transposing is not None:
            self._fill(frame, self._before_transposing)
            for channel in range(self.spec.channels):
                out[0, channel] = self._before_transposing[0, ..., channel]
        else:
            self._fill(frame, out if out.shape == self._image_shape else out.reshape(self._image_shape))

    def _fill(self, frame: NDArray[np.uint8], out: NDArray[Any]) -> None:
        """Fills ``out``, contiguous, (1, height, width, channels)."""
        if self._is_direct:
            resize_frame(frame, self.spec, out[0])
            return
        resize_frame(frame, self.spec, self._resized)
        pixels = _ordered(self._resized, self.spec)
        if self._table is None:
            _scale_rows(pixels, self._scale, self._offset, out[0])
        elif self._is_identity and self.tensor.dtype == "int8":
            np.bitwise_xor(pixels, 0x80, out=out[0].view(np.uint8))  # p - 128 in two's complement
        elif self._table.shape[1] == 1:
            np.take(self._table[:, 0], pixels, out=out[0], mode="clip")
        else:
            for channel, column in enumerate(self._table.T):
                out[0, ..., channel] = column[pixels[..., channel]]


def quantization_table(spec: PreprocessSpec, tensor: TensorSpec) -> NDArray[Any]:
    """What each pixel value 0..255 becomes in a quantised tensor: (256, 1), or (256, 3) where channels differ."""
    scale, offset = normalization(spec)
    normalised = np.arange(256)[:, None] * scale.astype(np.float64) + offset
    steps = np.floor(normalised / tensor.scale + tensor.zero_point + 0.5 + _TIE)
    table: NDArray[Any] = steps.clip(tensor.lowest, tensor.lowest + 255).astype(tensor.dtype)
    return table


def check_frame(frame: NDArray[np.uint8]) -> None:
    """Refuses what is no frame.

    Raises:
        ImageError: ``frame`` is not uint8 of shape (height, width, 3) with at least one pixel.
    """
    if not isinstance(frame, np.ndarray):
        raise ImageError(f"a frame is a numpy array, got {type(frame).__name__}; read_image() reads a file")
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        raise ImageError(f"a frame is uint8 of shape (height, width, 3) in RGB, got {frame.dtype} {list(frame.shape)}")


def normalization(spec: PreprocessSpec) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(pixel - mean) / std as pixel * scale + offset: scale and offset, one number or one a channel."""
    mean, std = np.asarray(spec.mean), np.asarray(spec.std)
    return (1.0 / std).astype(np.float32), (-mean / std).astype(np.float32)


def _a_row(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """One number where all channels share it, else those of a whole row: numpy is ten times slower on rows of three."""
    return values[:1] if (values == values[0]).all() else np.tile(values, width)


def _scale_rows(
    pixels: NDArray[np.uint8], scale: NDArray[np.float32], offset: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """``out = pixels * scale + offset``, all (height, width, channels), computed a row at a time."""
    assert out.flags.c_contiguous  # else reshape would make a copy
    height = out.shape[0]
    rows = out.reshape(height, -1)
    np.multiply(pixels.reshape(height, -1), scale, out=rows)
    np.add(rows, offset, out=rows)


def _ordered(pixels: NDArray[np.uint8], spec: PreprocessSpec) -> NDArray[np.uint8]:
    """RGB pixels in the channels the model wants."""
    if spec.color == "BGR":
        return pixels[..., ::-1]
    if spec.color == "GRAY":
        wide = pixels.astype(np.uint32)
        grey = (wide[..., 0] * 299 + wide[..., 1] * 587 + wide[..., 2] * 114 + 500) // 1000
        return grey.astype(np.uint8)[..., None]
    return pixels
