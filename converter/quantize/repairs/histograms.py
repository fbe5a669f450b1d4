"""The ranges of a calibrated float .tflite, and histograms of what the calibration images give between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.quantize.repairs.pieces import flow
from converter.quantize.repairs.ranges import Histogram, Range
from converter.quantize.repairs.weighted_graph import WeightedGraph

_BINS = 2048
_CODE = schema.BuiltinOperator
_SAME_SCALE = frozenset({
    _CODE.AVERAGE_POOL_2D, _CODE.MAX_POOL_2D, _CODE.PAD, _CODE.RESHAPE, _CODE.SQUEEZE, _CODE.EXPAND_DIMS,
    _CODE.TRANSPOSE, _CODE.SLICE, _CODE.STRIDED_SLICE, _CODE.SPLIT, _CODE.SPACE_TO_DEPTH, _CODE.DEPTH_TO_SPACE,
    _CODE.GATHER, _CODE.RESIZE_BILINEAR, _CODE.RESIZE_NEAREST_NEIGHBOR,
})  # fmt: skip
"""Operators whose output has the scale of their input: another range there would cost an operator more."""


Halves = tuple[Histogram, Histogram]


def collect(content: bytes, inputs: Iterable[NDArray[np.float32]]) -> dict[int, Halves]:
    """Two histograms for each activation with a range but the image, by its tensor: of every other input, and the rest.

    Args:
        content: a calibrated float .tflite.
        inputs: what it was calibrated on.

    Raises:
        NotApplicableError: it has loops or branches.
        ConversionError: the interpreter does not take it.
    """
    network = WeightedGraph(content)
    spans = _spans(network)
    counts = {tensor: np.zeros((2, _BINS)) for tensor in spans}
    for number, values in enumerate(flow(network.model, list(spans), inputs)):
        for (tensor, (low, high)), value in zip(spans.items(), values, strict=True):
            places = (value.reshape(-1) - low) * (_BINS / (high - low))
            counts[tensor][number % 2] += np.bincount(np.clip(places, 0, _BINS - 1).astype(np.int64), minlength=_BINS)
    return {
        tensor: (Histogram(low, high, counts[tensor][0]), Histogram(low, high, counts[tensor][1]))
        for tensor, (low, high) in spans.items()
    }


def with_ranges(content: bytes, ranges: Mapping[int, Range]) -> bytes:
    """The calibrated model with other ranges for some of its tensors, and for what only moves their values."""
    network = WeightedGraph(content)
    known = dict(ranges)
    for operator in network.graph.operators:
        source = int(operator.inputs[0]) if len(operator.inputs) else -1
        if network.code(operator) in _SAME_SCALE and source in known:
            known.update({int(index): known[source] for index in operator.outputs})
    for tensor, (low, high) in known.items():
        quantization = network.graph.tensors[tensor].quantization
        quantization.min, quantization.max = [low], [high]
    return network.to_bytes()


def _spans(network: WeightedGraph) -> dict[int, Range]:
    """The range, 0 within, of each float activation that was calibrated and is not always 0."""
    spans = {}
    for tensor, entry in enumerate(network.graph.tensors):
        quantization = entry.quantization
        if entry.type != schema.TensorType.FLOAT32 or quantization is None or not _has_range(quantization):
            continue
        low, high = min(0.0, float(quantization.min[0])), max(0.0, float(quantization.max[0]))
        if tensor not in map(int, network.graph.inputs) and low < high:
            spans[tensor] = (low, high)
    return spans


def _has_range(quantization: schema.QuantizationParametersT) -> bool:
    return all(values is not None and len(values) == 1 for values in (quantization.min, quantization.max))
