"""Other ways to feed and read a stranger's model, tried on evaluation images: which of them it was made for.

A model trained elsewhere does not say how pixels become numbers, in which order its channels and its labels stand. What
the user says can be wrong, and the gate cannot see it: both models it compares are wrong alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converter.doubts.feeding import Feeder, Way
from converter.doubts.orders import (
    Order,
    half_of_each_class,
    labels_said,
    reordered,
    suggested_order,
    usual_orders,
)
from converter.frames import Frames
from converter.images import drawn_indices
from converter.judge import METRICS, Answers, metric_of, truth_of
from converter.models import FloatModel
from converter.results import Fit
from edge_runtime.model import ModelContract

IMAGES = 400
"""So many are looked at, balanced over the classes: enough to tell ways apart that matter."""
SURE = 0.001
"""The p-value below which another way is better, where the model as it is does better than chance."""
SURE_AT_CHANCE = 0.005
"""The same for ways to feed it where it does not: something must be wrong then."""
_FEWEST_WRONG = 11
"""With fewer wrong answers no other way can be better with that p-value."""


def find_fits(
    model: FloatModel, contract: ModelContract, frames: Frames, answers: Answers, *, at_chance: bool
) -> tuple[Fit, ...]:
    """Ways with which the float model is right significantly more often than as ``contract`` says.

    Args:
        model: the float model.
        contract: how it is fed and read now.
        frames: images whose classes are known.
        answers: the model's, to all of them.
        at_chance: whether it guesses as it is; then weaker evidence will do.

    Returns:
        The best way to feed it, and the best order of the labels, where they are better; the best first.

    Raises:
        ImageError: an image cannot be decoded.
        ConversionError: the library that runs the model fails.
    """
    truth = truth_of(frames.images.labels, len(contract.labels))
    if not at_chance and int((answers != truth).any(axis=1).sum()) < _FEWEST_WRONG:
        return ()
    feeder = Feeder(model, contract, frames.subset(drawn_indices(frames.images, IMAGES, seed=0)))
    ways = list(feeder.other_ways(screened=not at_chance))
    sure = SURE if not at_chance else SURE_AT_CHANCE
    search = _Search(contract, feeder.truth, feeder.now, sure)
    fits = [
        search.best_way(ways),
        _Search(contract, truth, answers, sure).best_order([Way((), answers)]) or search.best_order(ways),
    ]
    return tuple(sorted(filter(None, fits), key=lambda fit: (-round(fit.after, 3), bool(fit.labels))))


class _Search:
    """Compares ways with what the model answers now."""

    def __init__(self, contract: ModelContract, truth: Answers, now: Answers, sure: float) -> None:
        self._contract, self._metric = contract, METRICS[contract.task]
        self._truth, self._now, self._sure = truth, now, sure

    def best_way(self, ways: Sequence[Way]) -> Fit | None:
        """Of the ways that are as good as the best, the one that changes least."""
        if not ways:
            return None
        figures = [metric_of(self._truth, way.answers, self._metric) for way in ways]
        best = ways[int(np.argmax(figures))]
        as_good = [
            (len(way.said), -figure, way)
            for way, figure in zip(ways, figures, strict=True)
            if sign_test(self._truth, way.answers, best.answers) >= 0.05
        ]
        _, _, way = min(as_good, key=lambda entry: entry[:2])
        return self._fit(" ".join(way.said), self._truth, self._now, way.answers)

    def best_order(self, ways: Sequence[Way]) -> Fit | None:
        """The best order of the labels: one that people mix up, or one that half of the images suggests.

        The other half must confirm the latter, as it fits the images it was taken from anyway.
        """
        everything = np.ones(len(self._truth), np.bool_)
        learnt = half_of_each_class(self._truth)
        fits: list[Fit | None] = []
        for way in ways:
            usual = usual_orders(self._contract.labels)
            fits += [self._fit_of_order(way, order, order, everything) for order in usual]
            suggested = suggested_order(self._truth[learnt], way.answers[learnt])
            whole = suggested_order(self._truth, way.answers)
            fits.append(self._fit_of_order(way, suggested, whole, ~learnt))
        return max(filter(None, fits), key=lambda fit: fit.after, default=None)

    def _fit_of_order(self, way: Way, order: Order, said: Order, checked: NDArray[np.bool_]) -> Fit | None:
        """What ``order`` brings on the images ``checked``; the user is told ``said``."""
        truth, plain = self._truth[checked], way.answers[checked]
        reread = reordered(plain, order)
        if sign_test(truth, plain, reread) >= SURE:  # many orders are tried
            return None
        labels = tuple(self._contract.labels[index] for index in said)
        option = " and ".join(filter(None, [" ".join(way.said), labels_said(labels)]))
        return self._fit(option, truth, self._now[checked], reread, labels)

    def _fit(
        self, option: str, truth: Answers, now: Answers, then: Answers, labels: tuple[str, ...] = ()
    ) -> Fit | None:
        before, after = (metric_of(truth, answers, self._metric) for answers in (now, then))
        p_value = sign_test(truth, now, then)
        if p_value >= self._sure or after <= before:
            return None
        return Fit(option, before, after, len(truth), p_value, labels)


def sign_test(truth: Answers, before: Answers, after: Answers) -> float:
    """The p-value, two-sided, that two kinds of answers are right equally often: McNemar's exact test, paired by image.

    Where an image has several labels, those answers are better that share more with the truth for what they say.
    """
    from scipy import stats

    moved = np.sign(_rightness(truth, after) - _rightness(truth, before))
    differing = int(np.count_nonzero(moved))
    return float(stats.binomtest(int((moved > 0).sum()), differing).pvalue) if differing else 1.0


def _rightness(truth: Answers, answers: Answers) -> NDArray[np.float64]:
    """Of each image 2 right / (true + said), 0..1; of one class an image, whether it is right."""
    said = truth.sum(axis=1) + answers.sum(axis=1)
    shares: NDArray[np.float64] = 2 * (truth & answers).sum(axis=1) / np.maximum(said, 1) + (said == 0)
    return shares
