"""CONCATENATION of more 8-bit tensors than XNNPACK takes becomes one of the first few, and one of that and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import builtin_code, new_operator
from converter.tflite.rewrites.change import Stays
from converter.tflite.rewrites.scales import add_like, scale_of

_MOST = 5
"""Inputs that XNNPACK takes."""


def split_concatenation(
    model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT
) -> list[schema.OperatorT] | None:
    """What stands for the operator; None where it is none of 8 bits that is too long.

    Raises:
        Stays: its tensors have several scales, or it joins them along an axis that the file does not say.
    """
    inputs, options = [int(index) for index in operator.inputs], operator.builtinOptions
    if builtin_code(model, operator) != schema.BuiltinOperator.CONCATENATION or len(inputs) <= _MOST:
        return None
    result = graph.tensors[operator.outputs[0]]
    scale = scale_of(result)
    if scale is None:
        return None
    if any(scale_of(graph.tensors[index]) != scale for index in inputs):
        raise Stays("its scales differ")
    if not isinstance(options, schema.ConcatenationOptionsT) or not -len(result.shape) <= options.axis < len(
        result.shape
    ):
        raise Stays("its axis is not said")
    version, replaced = model.operatorCodes[operator.opcodeIndex].version, []
    while len(inputs) > _MOST:
        joined = add_like(graph, "joined", result, scale)
        _set_side(graph, joined, inputs[:_MOST], options.axis)
        replaced.append(_join(model, version, operator, inputs[:_MOST], joined))
        inputs = [joined, *inputs[_MOST:]]
    return [*replaced, _join(model, version, operator, inputs, int(operator.outputs[0]))]


def _join(
    model: schema.ModelT, version: int, like: schema.OperatorT, inputs: Sequence[int], result: int
) -> schema.OperatorT:
    joined = new_operator(model, schema.BuiltinOperator.CONCATENATION, version, inputs, (result,))
    joined.builtinOptionsType, joined.builtinOptions = like.builtinOptionsType, deepcopy(like.builtinOptions)
    return joined


def _set_side(graph: schema.SubGraphT, joined: int, inputs: Sequence[int], axis: int) -> None:
    """Gives the joined tensor the sum of its inputs' sides."""
    side = sum(int(graph.tensors[index].shape[axis]) for index in inputs)
    tensor = graph.tensors[joined]
    for field in ("shape", "shapeSignature"):
        if getattr(tensor, field) is not None:
            sides = [int(each) for each in getattr(tensor, field)]
            sides[axis] = side
            setattr(tensor, field, sides)
