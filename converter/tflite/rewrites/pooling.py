"""AVERAGE_POOL_2D over the whole map becomes MEAN, which XNNPACK takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.tflite.edit import builtin_code
from converter.tflite.rewrites.arithmetic import NONE, new_mean
from converter.tflite.rewrites.change import Stays
from converter.tflite.rewrites.proof import check_same, probe_of
from converter.tflite.rewrites.scales import Scale, scale_of

_CHANNELS = 16
_LARGEST = 1 << 16
"""Numbers of a channel's map: beyond, it is not tried."""


def replace_pooling(
    model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT
) -> list[schema.OperatorT] | None:
    """What stands for the operator; None where it is no average of 8-bit numbers.

    Raises:
        Stays: it is an average of parts of the map, or the replacement is not proven.
    """
    if builtin_code(model, operator) != schema.BuiltinOperator.AVERAGE_POOL_2D:
        return None
    image, result = int(operator.inputs[0]), int(operator.outputs[0])
    source = scale_of(graph.tensors[image])
    if source is None or source != scale_of(graph.tensors[result]):
        return None
    sides = [int(side) for side in graph.tensors[image].shape]
    if not _covers_all(graph, operator, sides):
        raise Stays("it averages parts of the map")
    if operator.builtinOptions.fusedActivationFunction != NONE:
        raise Stays("it has an activation")
    shapes = {image: (1, *sides[1:3], _CHANNELS), result: (1, 1, 1, _CHANNELS)}
    probe = probe_of(model, graph, operator, shapes)
    probe.subgraphs[0].operators.append(new_mean(probe, probe.subgraphs[0], 0, 2))
    check_same(probe, _maps(source, shapes[image]))
    return [new_mean(model, graph, image, result)]


def _covers_all(graph: schema.SubGraphT, operator: schema.OperatorT, sides: list[int]) -> bool:
    """Whether its one window has the whole map in it, and a map is of a size that can be tried."""
    options, result = operator.builtinOptions, [int(side) for side in graph.tensors[operator.outputs[0]].shape]
    if options is None or len(sides) != 4 or result[1:3] != [1, 1] or not 0 < sides[1] * sides[2] <= _LARGEST:
        return False
    window = options.filterHeight, options.filterWidth
    if options.padding == schema.Padding.VALID:
        return window == tuple(sides[1:3])
    return window[0] >= sides[1] and window[1] >= sides[2]


def _maps(scale: Scale, shape: tuple[int, ...]) -> list[NDArray[Any]]:
    """Maps whose means are spread over all numbers: dark, bright, of one number and of any."""
    generator = np.random.default_rng(0)
    maps = []
    for mean in np.linspace(scale.lowest, scale.lowest + 255, 32):
        for spread in (0, 3, 60):
            channels = mean + generator.uniform(-4, 4, shape[-1])
            values = channels + spread * generator.standard_normal(shape)
            maps.append(np.clip(np.rint(values), scale.numbers[0], scale.numbers[-1]).astype(scale.dtype))
    return maps
