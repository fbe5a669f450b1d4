"""AVERAGE_POOL_2D of 8 bits becomes MEAN over the whole map, or a depthwise convolution with equal weights.

MAX_POOL_2D with windows of 1x1, as ResNetV2 has it, only leaves numbers out: likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.tflite.edit import builtin_code
from converter.tflite.rewrites.arithmetic import NONE, new_equal_weights, new_mean
from converter.tflite.rewrites.change import Stays
from converter.tflite.rewrites.proof import check_same, probe_of
from converter.tflite.rewrites.scales import Scale, scale_of

_CHANNELS = 16
_LARGEST = 1 << 14
"""Numbers of a channel's map: beyond, it is not tried."""

_Maker = Callable[[schema.ModelT, schema.SubGraphT, int, int, schema.Pool2DOptionsT], schema.OperatorT]


def replace_pooling(
    model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT
) -> list[schema.OperatorT] | None:
    """What stands for the operator; None where XNNPACK takes it, or it is no pooling of 8-bit numbers.

    Raises:
        Stays: its windows reach over the edge, or the replacement is not proven.
    """
    options = operator.builtinOptions
    if not isinstance(options, schema.Pool2DOptionsT) or not _is_left_outside(builtin_code(model, operator), options):
        return None
    image, result = int(operator.inputs[0]), int(operator.outputs[0])
    source = scale_of(graph.tensors[image])
    if source is None or source != scale_of(graph.tensors[result]):
        return None
    before, after = ([int(side) for side in graph.tensors[index].shape] for index in (image, result))
    make = _maker(options, before, after)
    shapes = {image: (1, *before[1:3], _CHANNELS), result: (1, *after[1:3], _CHANNELS)}
    probe = probe_of(model, graph, operator, shapes)
    probe.subgraphs[0].operators.append(make(probe, probe.subgraphs[0], 0, 2, options))
    check_same(probe, _maps(source, shapes[image]))
    return [make(model, graph, image, result, options)]


def _is_left_outside(code: int, options: schema.Pool2DOptionsT) -> bool:
    if code == schema.BuiltinOperator.MAX_POOL_2D:
        return (options.filterHeight, options.filterWidth) == (1, 1) and (options.strideH, options.strideW) != (1, 1)
    return code == schema.BuiltinOperator.AVERAGE_POOL_2D


def _maker(options: schema.Pool2DOptionsT, before: list[int], after: list[int]) -> _Maker:
    """What computes the same.

    Raises:
        Stays: nothing does.
    """
    if len(before) != 4 or len(after) != 4 or not 0 < before[1] * before[2] <= _LARGEST or min(before + after) < 1:
        raise Stays("its map is of no usual size")
    windows = [
        (window, stride, side, found)
        for window, stride, side, found in zip(
            (options.filterHeight, options.filterWidth), (options.strideH, options.strideW), before[1:3], after[1:3],
            strict=True,
        )
    ]  # fmt: skip
    if options.fusedActivationFunction == NONE and all(
        found == 1 and window >= side for window, _, side, found in windows
    ):
        return lambda model, graph, image, result, _: new_mean(model, graph, image, result)
    if all(window > 0 and (found - 1) * stride + window <= side for window, stride, side, found in windows):
        return new_equal_weights
    raise Stays("its windows reach over the edge of the map")


def _maps(scale: Scale, shape: tuple[int, ...]) -> list[NDArray[Any]]:
    """Maps whose means are spread over all numbers: of one number, and of numbers about it."""
    generator = np.random.default_rng(0)
    maps = []
    for mean in np.linspace(scale.lowest, scale.lowest + 255, 32):
        for spread in (0, 3, 60):
            channels = mean + generator.uniform(-4, 4, shape[-1])
            values = channels + spread * generator.standard_normal(shape)
            maps.append(np.clip(np.rint(values), scale.numbers[0], scale.numbers[-1]).astype(scale.dtype))
    return maps
