"""Which operators keep a model out of the delegate, and what to do about each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from converter.tflite import Graph, Operator
from converter.tflite.rewrites import Change

REWRITE = "edge-convert rewrite replaces it"
_ADVICE = {
    "AVERAGE_POOL_2D": "its windows reach over the edge of the map; padding='valid' in the model is taken",
    "GELU": "taken in float only: --quantize float16, or ReLU or swish in the model",
    "SOFTMAX": "a softmax inside the model: leave it out, or --quantize float16",
    **dict.fromkeys(
        ("SHAPE", "PACK", "STRIDED_SLICE", "RESHAPE", "GATHER", "REDUCE_PROD"),
        "its shapes are found at run time: convert with a fixed batch, as edge-convert does",
    ),
    **dict.fromkeys(
        ("ADD", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "LOGISTIC", "MEAN", "MUL", "SUB"),
        "XNNPACK takes such operators, but not this one's types, scales or shapes",
    ),
}
_OF_8_BITS = "XNNPACK takes no such operator of 8 bits: another layer in the model, or --quantize float16"
_OTHER = "XNNPACK takes no such operator: another layer in the model"


@dataclass(frozen=True)
class Outside:
    """Operators of one kind that run outside the delegate.

    Attributes:
        operator: their name.
        count: how many there are.
        harmless: whether they stand before or behind all that the delegate takes, where they divide nothing.
        advice: what to do about them.
    """

    operator: str
    count: int
    harmless: bool
    advice: str


def find_outside(graph: Graph, covered: Sequence[int] | None, changes: Sequence[Change]) -> tuple[Outside, ...]:
    """What the delegate does not take, the most frequent first; those that divide nothing come last.

    Args:
        graph: the first.
        covered: the operators that it takes; None where that is not known.
        changes: what a rewrite makes of the graph.
    """
    if not covered:
        return ()
    known = {change.index: change for change in changes}
    counts: dict[tuple[bool, str, str], int] = defaultdict(int)
    for operator in graph.operators:
        if operator.index not in covered:
            harmless = not min(covered) < operator.index < max(covered)
            counts[harmless, operator.name, _advice(graph, operator, known.get(operator.index), harmless)] += 1
    ordered = sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return tuple(Outside(name, count, harmless, advice) for (harmless, name, advice), count in ordered)


def _advice(graph: Graph, operator: Operator, change: Change | None, harmless: bool) -> str:
    if change is not None and not change.reason:
        return REWRITE
    if harmless:
        return "at the edge of the graph, harmless"
    if change is not None and operator.name not in _ADVICE:
        return change.reason
    eight = any(graph.tensors[index].dtype in ("int8", "uint8") for index in operator.outputs if index >= 0)
    return _ADVICE.get(operator.name, _OF_8_BITS if eight else _OTHER)
