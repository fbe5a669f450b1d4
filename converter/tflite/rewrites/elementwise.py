"""Operators of one 8-bit number each: HARD_SWISH, lone RELUs, MINIMUM and MAXIMUM with a constant.

There are only 256 numbers, so each replacement is tried on all of them, at the scales that the file has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import builtin_code, constant_of
from converter.tflite.rewrites.arithmetic import new_binary
from converter.tflite.rewrites.change import Stays
from converter.tflite.rewrites.fitting import top_of_sum
from converter.tflite.rewrites.proof import check_same, probe_of
from converter.tflite.rewrites.scales import (
    Scale,
    add_constant,
    add_like,
    add_scalar,
    check_product,
    check_sum,
    scale_of,
)

_ADD, _SUB, _MUL = schema.BuiltinOperator.ADD, schema.BuiltinOperator.SUB, schema.BuiltinOperator.MUL
_FUSED = schema.ActivationFunctionType


@dataclass(frozen=True)
class _Place:
    """Where a replacement goes: from the tensor ``x`` to ``y``; ``constant`` is what MAXIMUM compares with."""

    model: schema.ModelT
    graph: schema.SubGraphT
    x: int
    y: int
    constant: int | None

    @property
    def source(self) -> schema.TensorT:
        return self.graph.tensors[self.x]

    def scales(self) -> tuple[Scale, Scale]:
        """Of x and y."""
        found = scale_of(self.source), scale_of(self.graph.tensors[self.y])
        assert found[0] is not None
        assert found[1] is not None
        return found[0], found[1]

    def binary(self, code: int, one: int, other: int, result: int, fused: int = _FUSED.NONE) -> schema.OperatorT:
        return new_binary(self.model, self.graph, code, (one, other), result, fused)

    def name(self, part: str) -> str:
        """Of a new tensor: after the layer."""
        return f"{self.graph.tensors[self.y].name.partition(b';')[0].decode('utf-8', 'replace')}/{part}"


_Chain = Callable[[_Place], list[schema.OperatorT]]


def replace_elementwise(
    model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT
) -> list[schema.OperatorT] | None:
    """What stands for the operator; None where it is none of these, or not of 8 bits.

    Raises:
        Stays: no replacement is proven, or XNNPACK would not take it.
    """
    chain = _CHAINS.get(builtin_code(model, operator))
    if chain is None:
        return None
    computed = [int(index) for index in operator.inputs if constant_of(model, graph.tensors[index]) is None]
    constants = [int(index) for index in operator.inputs if int(index) not in computed]
    if len(computed) != 1 or len(operator.outputs) != 1:
        return None
    (x,), y = computed, int(operator.outputs[0])
    source, result = scale_of(graph.tensors[x]), scale_of(graph.tensors[y])
    if source is None or result is None or source.dtype != result.dtype:
        return None
    probe = probe_of(model, graph, operator, {x: (1, 256), y: (1, 256)})
    small, inputs = probe.subgraphs[0], list(map(int, operator.inputs))
    place = _Place(probe, small, inputs.index(x), len(inputs) + 1, _find(inputs, constants))
    small.operators += chain(place)
    check_same(probe, [source.numbers[None]])
    return chain(_Place(model, graph, x, y, constants[0] if constants else None))


def _find(inputs: Sequence[int], constants: Sequence[int]) -> int | None:
    return inputs.index(constants[0]) if constants else None


def _hard_swish(place: _Place) -> list[schema.OperatorT]:
    """As x * (relu6(x + 3) / 6)."""
    source, result = place.scales()
    total = source.up_to(top_of_sum(source, result))
    share = source.up_to(total.top / 6)
    three, sixth = source.up_to(3), source.up_to(1 / 6)
    check_sum(source, three, result=total)
    check_product(total, sixth, share)
    check_product(source, share, result)
    r = add_like(place.graph, place.name("sum"), place.source, total)
    h = add_like(place.graph, place.name("share"), place.source, share)
    a = add_scalar(place.model, place.graph, place.name("3"), 3.0, source)
    b = add_scalar(place.model, place.graph, place.name("6th"), 1 / 6, source)
    return [
        place.binary(_ADD, place.x, a, r, _FUSED.RELU6),
        place.binary(_MUL, r, b, h),
        place.binary(_MUL, place.x, h, place.y),
    ]


def _relu(fused: int) -> _Chain:
    def chain(place: _Place) -> list[schema.OperatorT]:
        """As x + 0, with the activation fused."""
        source, result = place.scales()
        check_sum(source, source, result=result)
        zero = add_constant(place.model, place.graph, place.name("0"), np.array(source.zero_point), source)
        return [place.binary(_ADD, place.x, zero, place.y, fused)]

    return chain


def _maximum(place: _Place) -> list[schema.OperatorT]:
    """As relu(x - c) + c, exact: all numbers have one scale."""
    difference, bound = _difference(place)
    return [
        place.binary(_SUB, place.x, bound, difference, _FUSED.RELU),
        place.binary(_ADD, difference, bound, place.y),
    ]


def _minimum(place: _Place) -> list[schema.OperatorT]:
    """As c - relu(c - x), exact."""
    difference, bound = _difference(place)
    return [
        place.binary(_SUB, bound, place.x, difference, _FUSED.RELU),
        place.binary(_SUB, bound, difference, place.y),
    ]


def _difference(place: _Place) -> tuple[int, int]:
    """A new tensor for it, whose numbers begin at 0; and the constant.

    Raises:
        Stays: the scales differ, as the built-in kernels do not allow.
    """
    source, result = place.scales()
    if place.constant is None or source != result or scale_of(place.graph.tensors[place.constant]) != source:
        raise Stays("its scales differ")
    like = Scale(source.dtype, source.scale, source.lowest)
    return add_like(place.graph, place.name("difference"), place.source, like), place.constant


_CHAINS: Mapping[int, _Chain] = {
    schema.BuiltinOperator.HARD_SWISH: _hard_swish,
    schema.BuiltinOperator.RELU: _relu(_FUSED.RELU),
    schema.BuiltinOperator.RELU6: _relu(_FUSED.RELU6),
    schema.BuiltinOperator.MAXIMUM: _maximum,
    schema.BuiltinOperator.MINIMUM: _minimum,
}
