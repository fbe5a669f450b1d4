"""Whether two machines gave the same answers: scores in, a verdict out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

Scores = Mapping[str, Mapping[int, float]]
"""For each image the score of each class."""

FLOAT_TOLERANCE = 1e-5
STEPS = 2
_ROUNDED = 1e-6  # scores are printed with six digits


@dataclass(frozen=True)
class Tolerance:
    """How far two machines may be apart on one model.

    Attributes:
        scores: by how much a score may differ.
        logits: by how much each logit may differ before the softmax amplifies it; 0 where kernels are the same.
    """

    scores: float
    logits: float = 0.0

    def allows(self, expected: float, found: float) -> bool:
        """Whether a score may be ``found`` where ``expected`` is right.

        With every logit off by at most d, a softmax's scores grow or shrink by a factor of at most e^(2d).
        """
        factor = math.exp(2 * self.logits)
        slack = self.scores + _ROUNDED
        return expected / factor - slack <= found <= expected * factor + slack

    def is_tie(self, best: float, second: float) -> bool:
        """Whether the two best scores are so near that either class may win."""
        return self.logits > 0 and math.log((best + self.scores) / max(second, self.scores)) <= self.logits


@dataclass(frozen=True)
class Agreement:
    """What came of comparing.

    Attributes:
        images: how many were compared.
        same_top1: in how many the same class was best.
        difference: the largest one between two scores.
        problems: what is not tolerated, one line each.
    """

    images: int
    same_top1: int
    difference: float
    problems: tuple[str, ...]


def compare(expected: Scores, found: Scores, tolerance: Tolerance) -> Agreement:
    """Compares what this machine (``expected``) and another one said of the same images."""
    if not expected or expected.keys() != found.keys():
        return Agreement(0, 0, 0.0, (f"{len(found)} images were classified there and {len(expected)} here",))
    problems = []
    same = 0
    difference = 0.0
    for image, right in expected.items():
        there = found[image]
        classes = right.keys() | there.keys()
        pairs = [(right.get(index, 0.0), there.get(index, 0.0)) for index in sorted(classes)]
        difference = max(difference, *(abs(ours - its) for ours, its in pairs))
        if not all(tolerance.allows(ours, its) for ours, its in pairs):
            problems.append(f"{image}: a score differs by {max(abs(ours - its) for ours, its in pairs):.6f}")
        if _best(right) == _best(there):
            same += 1
        elif not tolerance.is_tie(*sorted(right.values(), reverse=True)[:2]):
            problems.append(f"{image}: class {_best(there)} is best there, class {_best(right)} is best here")
    return Agreement(len(expected), same, difference, tuple(problems))


def _best(scores: Mapping[int, float]) -> int:
    return max(sorted(scores), key=lambda index: scores[index])
