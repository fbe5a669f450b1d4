"""What a graph costs wherever it runs: multiplications, and the memory for what lies between its operators."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converter.tflite.facts import Graph, Operator, Tensor

_BITS = {"bool": 8, "resource": 32, "variant": 32, "string": 32, "complex64": 64, "complex128": 128, "bfloat16": 16}
"""Of types whose names do not say it; of strings the places where they are."""
_MOST = 1 << 62
"""What a damaged file may say of its tensors is cut to this many numbers."""


@dataclass(frozen=True)
class OperatorCost:
    """What one operator costs.

    Attributes:
        operator: as in the schema.
        layer: the name of its first output.
        constant_bytes: of the file, for its constants that no earlier operator uses.
        macs: multiplications with an addition each, for one image.
        activation_bytes: of the tensors between operators that are in memory while it runs.
    """

    operator: str
    layer: str
    constant_bytes: int
    macs: int
    activation_bytes: int


@dataclass(frozen=True)
class GraphCosts:
    """What a graph costs.

    Attributes:
        macs: of all its operators.
        peak_activation_bytes: the most memory that tensors between operators take at once.
        operators: in the order of their running.
    """

    macs: int
    peak_activation_bytes: int
    operators: tuple[OperatorCost, ...]


def graph_costs(graph: Graph) -> GraphCosts:
    """The costs of a graph for a batch as it stands in the file; an open side counts as 1."""
    alive = _bytes_alive(graph)
    rows = tuple(
        OperatorCost(operator.name, operator.layer, operator.constant_bytes, _macs(graph, operator), live)
        for operator, live in zip(graph.operators, alive, strict=True)
    )
    return GraphCosts(sum(row.macs for row in rows), max(alive, default=0), rows)


def _macs(graph: Graph, operator: Operator) -> int:
    """Of convolutions, dense layers and products of matrices; nothing else multiplies and adds."""
    count = _COUNTS.get(operator.name)
    if count is None:
        return 0
    inputs = [_shape(graph.tensors[index]) if index >= 0 else () for index in operator.inputs]
    outputs = [_shape(graph.tensors[index]) for index in operator.outputs if index >= 0]
    try:
        return count(inputs, outputs[0])
    except (IndexError, ZeroDivisionError):  # a damaged file
        return 0


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(max(1, side) for side in tensor.shape)


def _product(sides: Sequence[int]) -> int:
    return min(math.prod(sides), _MOST)


_Shapes = Sequence[tuple[int, ...]]
_COUNTS: dict[str, Callable[[_Shapes, tuple[int, ...]], int]] = {
    "CONV_2D": lambda inputs, output: _product(output) * _product(inputs[1][1:]),
    "CONV_3D": lambda inputs, output: _product(output) * _product(inputs[1][:-1]),
    "DEPTHWISE_CONV_2D": lambda inputs, output: _product(output) * _product(inputs[1][1:3]),
    "FULLY_CONNECTED": lambda inputs, output: _product(output) * inputs[1][-1],
    "TRANSPOSE_CONV": lambda inputs, _: _product(inputs[2][:-1]) * _product(inputs[1]),
    "BATCH_MATMUL": lambda inputs, output: _product(output) * (_product(inputs[0][-2:]) // output[-2]),
}
"""From the shapes of the inputs and of the output."""


def _bytes_alive(graph: Graph) -> list[int]:
    """For each operator the bytes of the computed tensors that it, or an earlier one for a later one, needs."""
    last_use = {index: number for number, op in enumerate(graph.operators) for index in (*op.inputs, *op.outputs)}
    last_use.update(dict.fromkeys(graph.outputs, len(graph.operators)))
    alive, totals = set(graph.inputs), []
    for number, operator in enumerate(graph.operators):
        alive.update(index for index in operator.outputs if index >= 0)
        totals.append(sum(_computed_bytes(graph.tensors[index]) for index in alive))
        alive = {index for index in alive if last_use.get(index, 0) > number}
    return totals


def _computed_bytes(tensor: Tensor) -> int:
    if tensor.constant_bytes:
        return 0
    named = re.match(r"[a-z]+(\d+)", tensor.dtype)
    bits = _BITS.get(tensor.dtype) or (int(named[1]) if named else 8)
    return (_product(_shape(tensor)) * bits + 7) // 8
