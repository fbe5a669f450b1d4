"""Which layers to leave in float32: those that regain most accuracy for the bytes and milliseconds they cost.

1. TensorFlow's QuantizationDebugger ranks all layers by the error that quantizing them brings, each on its own input.
2. Of the worst, each is left float32 alone, and that file is measured: how much closer its scores come to the float
   model's, how much larger it is, how much slower. An error inside does not tell what reaches the scores.
3. They are put in the order of what they regain by what they cost.

All of it looks at calibration images only; the evaluation images are for the gate.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from converter.judge import Scores, file_scores, float_scores
from converter.quantize import Variant
from converter.quantize.package import Package
from converter.results import LayerError
from converter.search.workbench import Workbench

RANKED_ON = 16
TRIED_LAYERS = 8
TRIED_ON = 48
_LEAST_COST = 0.005
"""Costs below half a percent are noise; they count as that much."""
_NOT_RANKED = ("RESHAPE", "QUANTIZE", "DEQUANTIZE")
"""They compute nothing."""


@dataclass(frozen=True)
class LayerRanking:
    """What a layer search found.

    Attributes:
        layers: each layer, the worst error first.
        order: the tensors of those worth leaving in float32, the best first.
    """

    layers: tuple[LayerError, ...]
    order: tuple[str, ...]


def rank_layers(bench: Workbench, base: Variant) -> LayerRanking:
    """Ranks the layers of ``base``.

    Args:
        bench: makes and measures files.
        base: an int8 variant.

    Raises:
        ConversionError: TensorFlow refuses.
        NotApplicableError: the converter that makes it cannot leave layers in float32.
    """
    tensors, errors = _errors(bench, base)
    tried = tensors[:TRIED_LAYERS]
    packages = [bench.make(base)]
    packages += [bench.make(replace(base, float_layers=(tensor,))) for tensor in tried]
    distances = _distances_to_float(bench, packages)
    latencies = bench.timed_apart(packages)
    sizes = [len(package.model) for package in packages]
    rows = [
        replace(
            row,
            regained=round(distances[0] - distance, 6),
            extra_bytes=size - sizes[0],
            extra_ms=round((latency.ratio - 1) * latencies[0].p50, 4),
        )
        for row, distance, size, latency in zip(errors, distances[1:], sizes[1:], latencies[1:], strict=False)
    ]
    worth = [worth_of(row, sizes[0], latencies[0].p50) for row in rows]
    order = [tried[index] for index in np.argsort(worth)[::-1] if worth[index] > 0]
    return LayerRanking((*rows, *errors[len(rows) :]), tuple(order))


def worth_of(layer: LayerError, base_bytes: int, base_ms: float) -> float:
    """Accuracy regained by what it costs: the sum of how much larger and how much slower the file gets, as shares."""
    assert layer.regained is not None
    assert layer.extra_bytes is not None
    assert layer.extra_ms is not None
    cost = max(layer.extra_bytes / base_bytes, 0) + max(layer.extra_ms / base_ms, 0)
    return layer.regained / max(cost, _LEAST_COST)


def score_distance(reference: Scores, candidate: Scores) -> float:
    """How far apart two models' scores are: the total variation distance, 0..1 for probabilities, mean over images."""
    return float(np.abs(reference - candidate).sum(axis=1).mean() / 2)


def _errors(bench: Workbench, base: Variant) -> tuple[list[str], list[LayerError]]:
    """The tensors of all layers and what the debugger says of each, the worst error first."""
    inputs = bench.calibration.first(RANKED_ON).inputs
    statistics = bench.conversion.layer_statistics(base, bench.inputs, inputs)
    rows = []
    for row in csv.DictReader(io.StringIO(statistics)):
        scale = float(row["scale"])
        if row["op_name"] not in _NOT_RANKED and scale > 0:
            error = float(row["mean_squared_error"]) ** 0.5 / scale
            rows.append((row["tensor_name"], LayerError(readable(row["tensor_name"]), row["op_name"], round(error, 4))))
    rows.sort(key=lambda pair: -pair[1].error)
    return [tensor for tensor, _ in rows], [error for _, error in rows]


def readable(tensor: str) -> str:
    """The part of a fused tensor's name that people know: "model/conv_dw_1_relu/Relu6;model/…" is conv_dw_1_relu."""
    parts = tensor.partition(";")[0].split("/")
    return parts[-2] if len(parts) > 1 else parts[0]


def _distances_to_float(bench: Workbench, packages: Sequence[Package]) -> list[float]:
    frames = bench.calibration.first(TRIED_ON)
    reference = float_scores(frames, bench.identity.contract, bench.model)
    return [score_distance(reference, file_scores(frames, package.path, package.variant.name)) for package in packages]
