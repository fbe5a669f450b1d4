"""Whether two interpreters give the same answers. Pure: arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converter.tflite import Graph

_TIE_STEPS = 2
_ROUNDING = 0.01
"""Scores are rounded to 1/256 and logarithms of them are taken."""
_MAKES_PROBABILITIES = ("SOFTMAX", "LOGISTIC")
_KEEPS_SCORES = ("DEQUANTIZE", "QUANTIZE", "RESHAPE")


@dataclass(frozen=True)
class Agreement:
    """How two interpreters' answers to the same inputs compare.

    Attributes:
        images: how many inputs.
        same_top1: on how many the best class is the same.
        ties: on how many it differs, and the two best of the reference lie within two steps of each other.
        largest_difference: of any score, 0..1.
    """

    images: int
    same_top1: int
    ties: int
    largest_difference: float

    @property
    def differing(self) -> int:
        """On how many inputs the best class differs and is no tie."""
        return self.images - self.same_top1 - self.ties


def compare(reference: NDArray[np.float32], found: NDArray[np.float32], step: float, *, logits: bool) -> Agreement:
    """Compares scores.

    Args:
        reference: (images, classes) with two classes or more.
        found: likewise.
        step: the finest difference between two of the numbers that decide; 0 where they are floats.
        logits: whether these numbers are the logarithms of the scores, as in front of a softmax.
    """
    best, runner_up = np.sort(reference, axis=1)[:, :-3:-1].T
    if logits:
        with np.errstate(divide="ignore"):  # a score rounded to 0 is no tie
            best, runner_up = np.log(best), np.log(runner_up)
    same = reference.argmax(axis=1) == found.argmax(axis=1)
    tied = ~same & (best - runner_up <= _TIE_STEPS * step + _ROUNDING)
    return Agreement(len(reference), int(same.sum()), int(tied.sum()), float(np.abs(reference - found).max()))


def deciding_step(graph: Graph) -> tuple[float, bool]:
    """The ``step`` and ``logits`` of :func:`compare` for the scores that a graph gives."""
    output = graph.outputs[0]
    made_by = {tensor: operator for operator in graph.operators for tensor in operator.outputs}
    while output in made_by and made_by[output].name in _KEEPS_SCORES:
        output = made_by[output].inputs[0]
    last = made_by.get(output)
    is_activated = last is not None and last.name in _MAKES_PROBABILITIES
    deciding = graph.tensors[last.inputs[0] if last is not None and is_activated else output]
    return (deciding.quantization.scales[0] if deciding.quantization else 0.0), is_activated
