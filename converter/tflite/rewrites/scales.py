"""How 8-bit tensors stand for real numbers, and between which scales XNNPACK takes an operator.

The limits are those of LiteRT's XNNPACK delegate. Tests ask the delegate itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.tflite.edit import add_buffer, add_tensor
from converter.tflite.rewrites.change import Stays

_TYPES: dict[int, np.dtype[Any]] = {
    schema.TensorType.INT8: np.dtype(np.int8),
    schema.TensorType.UINT8: np.dtype(np.uint8),
}
_CODES = {np.dtype(np.int32): schema.TensorType.INT32, **{dtype: code for code, dtype in _TYPES.items()}}
_STEPS = 255
_SUM_RATIOS = (1 / 1024, 256.0)
_PRODUCT_RATIOS = (1 / 65536, 1.0)
"""XNNPACK takes products up to 256; from 1 on, the interpreters want another version of MUL."""
_SCALES = (1e-6, 1e6)
"""Beyond, no interpreter is asked: a file with such scales is damaged or made to crash one."""


@dataclass(frozen=True)
class Scale:
    """``real = (number - zero_point) * scale``, numbers of ``dtype``."""

    dtype: np.dtype[Any]
    scale: float
    zero_point: int

    @property
    def lowest(self) -> int:
        """The lowest number of the type."""
        return int(np.iinfo(self.dtype).min)

    @property
    def numbers(self) -> NDArray[Any]:
        """All 256, the lowest first."""
        return np.arange(self.lowest, self.lowest + _STEPS + 1).astype(self.dtype)

    @property
    def top(self) -> float:
        """The largest real number."""
        return (self.lowest + _STEPS - self.zero_point) * self.scale

    def up_to(self, top: float) -> Scale:
        """Of the same type, from 0 to ``top``."""
        return Scale(self.dtype, top / _STEPS, self.lowest)


def scale_of(tensor: schema.TensorT) -> Scale | None:
    """None where the tensor is not of 8 bits with one scale.

    Raises:
        Stays: its scale is no scale.
    """
    quantization = tensor.quantization
    if tensor.type not in _TYPES or quantization is None or quantization.scale is None or len(quantization.scale) != 1:
        return None
    scale = float(quantization.scale[0])
    points = quantization.zeroPoint
    zero_point = 0 if points is None or not len(points) else int(points[0])
    dtype = _TYPES[tensor.type]
    if not (isfinite(scale) and _SCALES[0] <= scale <= _SCALES[1]):
        raise Stays("its scale is no scale of a network" if not isfinite(scale) or scale <= 0 else _extreme(scale))
    if not np.iinfo(dtype).min <= zero_point <= np.iinfo(dtype).max:
        raise Stays("its zero point is out of range")
    return Scale(dtype, scale, zero_point)


def _extreme(scale: float) -> str:
    return "its scale is too small" if scale < 1 else "its scale is too large"


def check_sum(*inputs: Scale, result: Scale) -> None:
    """Refuses what XNNPACK does not take as ADD or SUB.

    Raises:
        Stays: see above.
    """
    for each in inputs:
        _check(each.scale / result.scale, _SUM_RATIOS)


def check_product(one: Scale, other: Scale, result: Scale) -> None:
    """Refuses what XNNPACK does not take as MUL.

    Raises:
        Stays: see above.
    """
    _check(one.scale * other.scale / result.scale, _PRODUCT_RATIOS)


def _check(ratio: float, limits: tuple[float, float]) -> None:
    if not limits[0] <= np.float32(ratio) < limits[1]:
        raise Stays(f"XNNPACK would not take it: scale too {'small' if ratio < limits[0] else 'large'}")


def add_like(graph: schema.SubGraphT, name: str, like: schema.TensorT, scale: Scale) -> int:
    """A new computed tensor of the shape and type of ``like``; its index."""
    index = add_tensor(graph, name, like.shape, like.type)
    graph.tensors[index].shapeSignature = like.shapeSignature
    graph.tensors[index].quantization = _parameters(scale)
    return index


def add_scalar(model: schema.ModelT, graph: schema.SubGraphT, name: str, value: float, like: Scale) -> int:
    """A new constant above 0, the largest number of a type with the scale that makes it so; its index."""
    scale = like.up_to(value)
    return add_constant(model, graph, name, np.array(scale.numbers[-1]), scale)


def add_constant(model: schema.ModelT, graph: schema.SubGraphT, name: str, numbers: NDArray[Any], scale: Scale) -> int:
    """A new constant tensor; its index."""
    index = add_tensor(graph, name, numbers.shape, _CODES[scale.dtype], add_buffer(model, numbers.astype(scale.dtype)))
    graph.tensors[index].quantization = _parameters(scale)
    return index


def _parameters(scale: Scale) -> schema.QuantizationParametersT:
    quantization = schema.QuantizationParametersT()
    quantization.scale, quantization.zeroPoint = [scale.scale], [scale.zero_point]
    return quantization
