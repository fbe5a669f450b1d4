"""From a model's raw output to categories. Stateless: arrays in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.manifest import Activation
from edge_runtime.contracts.results import Category
from edge_runtime.contracts.tensors import TensorSpec

Scores = NDArray[np.float32]

_FEW = 20


def dequantize(values: NDArray[Any], tensor: TensorSpec) -> Scores:
    """Real numbers ``(q - zero_point) * scale`` of a quantised output; a float output is returned as it is."""
    if not tensor.is_quantized:
        return values
    wide: Scores = values.astype(np.float32)  # widened first: 8-bit subtraction would wrap around
    wide -= tensor.zero_point
    wide *= tensor.scale
    return wide


def activate(values: Scores, activation: Activation) -> Scores:
    """Probabilities from logits: softmax over the last axis, or a sigmoid each; "none" returns them unchanged."""
    if activation == "softmax":
        powers = np.exp(values - values.max(axis=-1, keepdims=True))
        probabilities: Scores = powers / powers.sum(axis=-1, keepdims=True)
        return probabilities
    if activation == "sigmoid":
        with np.errstate(over="ignore"):  # exp overflows to infinity, and 1 / infinity is the right 0
            return np.reciprocal(np.exp(-values) + np.float32(1))
    return values


def both_classes(scores: Scores) -> Scores:
    """The scores of both classes, (..., 2), from the one probability of the second that a binary model may give."""
    return np.concatenate([1.0 - scores, scores], axis=-1) if scores.shape[-1] == 1 else scores


def top_categories(
    scores: Scores, labels: Sequence[str], top_k: int, thresholds: float | NDArray[np.float32]
) -> tuple[Category, ...]:
    """The best of the categories that reach their threshold, highest score first, equal scores by index.

    Args:
        scores: (classes,).
        labels: one a class.
        top_k: how many at the most.
        thresholds: a score below its threshold is left out; one for all, or one a class.
    """
    best = _best_few(scores, top_k, thresholds) if top_k <= _FEW else _best_many(scores, top_k, thresholds)
    return tuple(Category(index, labels[index], float(scores[index])) for index in best)


def _best_few(scores: Scores, top_k: int, thresholds: float | NDArray[np.float32]) -> list[int]:
    """Looks for the largest ``top_k`` times: with 1001 classes and 5 of them a quarter of the time of sorting."""
    left = scores.copy()
    left[~(scores >= thresholds)] = -np.inf  # NaN, too
    best = []
    for _ in range(min(top_k, len(left))):
        index = int(left.argmax())
        if left[index] == -np.inf:
            break
        best.append(index)
        left[index] = -np.inf
    return best


def _best_many(scores: Scores, top_k: int, thresholds: float | NDArray[np.float32]) -> list[int]:
    order = np.argsort(-scores, kind="stable")
    best: list[int] = order[(scores >= thresholds)[order]][:top_k].tolist()
    return best
