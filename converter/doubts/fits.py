"""Other ways to feed and read a stranger's model, tried on evaluation images: which of them it was made for.

A model trained elsewhere does not say how pixels become numbers, in which order its channels and its labels stand. What
the user says can be wrong, and the gate cannot see it: both models it compares are wrong alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from converter.images import draw_balanced
from converter.judge import METRICS, answers_of, metric_of, probabilities, truth_of
from converter.models import FloatModel
from converter.results import Fit
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import NORMALIZATIONS, ColorOrder, PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model import ModelContract
from edge_runtime.preprocess import Preprocessor, read_image, resize_frame

IMAGES = 400
"""So many are looked at, balanced over the classes: enough to tell ways apart that matter."""
SCREENED = 64
"""Of these; a way that is no better on them is not tried on the rest, where the model does better than chance."""
SURE = 0.001
"""The p-value below which another way is better, where the model as it is does better than chance."""
SURE_AT_CHANCE = 0.005
"""The same where it does not: something must be wrong then."""
_FEWEST_WRONG = 11
"""With fewer wrong answers no other way can be better with that p-value."""
_SHOWN_LABELS = 5
_BATCH = 32
_RESAMPLINGS = get_args(get_type_hints(PreprocessSpec)["resampling"])

Answers = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Way:
    """One way to feed the model: what the user would say of it, and what the model answers."""

    said: tuple[str, ...]
    answers: Answers


def find_fits(
    model: FloatModel, contract: ModelContract, evaluation: LabelledImages, answers: Answers, *, at_chance: bool
) -> tuple[Fit, ...]:
    """Ways with which the float model is right significantly more often than as ``contract`` says.

    Args:
        model: the float model.
        contract: how it is fed and read now.
        evaluation: images whose classes are known.
        answers: the model's, to all of them.
        at_chance: whether it guesses as it is; then weaker evidence will do.

    Returns:
        The best way to feed it, and the best order of the labels, where they are better; the best first.

    Raises:
        ImageError: an image cannot be decoded.
        ConversionError: the library that runs the model fails.
    """
    truth = truth_of(evaluation.labels, len(contract.labels))
    if not at_chance and int((answers != truth).any(axis=1).sum()) < _FEWEST_WRONG:
        return ()
    feeder = _Feeder(model, contract, draw_balanced(evaluation, IMAGES, seed=0))
    ways = list(feeder.other_ways(screened=not at_chance))
    sure = SURE if not at_chance else SURE_AT_CHANCE
    search = _Search(contract, feeder.truth, feeder.now, sure)
    fits = [
        search.best_way(ways),
        _Search(contract, truth, answers, sure).best_order([_Way((), answers)]) or search.best_order(ways),
    ]
    return tuple(sorted(filter(None, fits), key=lambda fit: (-round(fit.after, 3), bool(fit.labels))))


class _Feeder:
    """Feeds the model in other ways with images that were decoded and resized once.

    Attributes:
        truth: the right answers.
        now: the model's, fed as its contract says.
    """

    def __init__(self, model: FloatModel, contract: ModelContract, images: LabelledImages) -> None:
        self._model, self._contract, self._spec = model, contract, contract.preprocessing
        self._frames = {resampling: _resized(images, self._spec, resampling) for resampling in _RESAMPLINGS}
        self.truth = truth_of(images.labels, len(contract.labels))
        self.now = self._answers(self._spec)

    def other_ways(self, *, screened: bool) -> Iterator[_Way]:
        """Each other way; with ``screened`` only those that do better on the first images."""
        metric = METRICS[self._contract.task]
        first = slice(SCREENED)
        least = metric_of(self.truth[first], self.now[first], metric)
        for said, spec in _other_specs(self._spec):
            if not screened or metric_of(self.truth[first], self._answers(spec, SCREENED), metric) > least:
                yield _Way(said, self._answers(spec))

    def _answers(self, spec: PreprocessSpec, count: int = IMAGES) -> Answers:
        tensor = TensorSpec((1, spec.height, spec.width, spec.channels), "float32")
        preprocess = Preprocessor(replace(spec, resize="squash", crop_fraction=1.0), tensor)  # frames have its size
        frames = self._frames[spec.resampling][:count]
        outputs = []
        for start in range(0, len(frames), _BATCH):
            batch = frames[start : start + _BATCH]
            pixels = np.empty((len(batch), *tensor.shape[1:]), np.float32)
            for frame, row in zip(batch, pixels, strict=True):
                preprocess(frame, row[None])
            outputs.append(self._model.outputs_of(pixels))
        scores = probabilities(np.concatenate(outputs), self._contract)
        return answers_of(scores, self._contract.task, self._contract.thresholds)


class _Search:
    """Compares ways with what the model answers now."""

    def __init__(self, contract: ModelContract, truth: Answers, now: Answers, sure: float) -> None:
        self._contract, self._metric = contract, METRICS[contract.task]
        self._truth, self._now, self._sure = truth, now, sure

    def best_way(self, ways: Sequence[_Way]) -> Fit | None:
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

    def best_order(self, ways: Sequence[_Way]) -> Fit | None:
        """The order of the labels that half of the images suggests, where the other half confirms it."""
        fits = []
        learnt = _half_of_each_class(self._truth)
        checked = ~learnt
        for way in ways:
            order = suggested_order(self._truth[learnt], way.answers[learnt])
            if (order == np.arange(len(order))).all():
                continue
            reread, plain = _reordered(way.answers[checked], order), way.answers[checked]
            truth, now = self._truth[checked], self._now[checked]
            if sign_test(truth, plain, reread) < self._sure:
                labels = tuple(self._contract.labels[index] for index in suggested_order(self._truth, way.answers))
                said = " and ".join(filter(None, [" ".join(way.said), _labels_said(labels)]))
                fits.append(self._fit(said, truth, now, reread, labels))
        return max((fit for fit in fits if fit is not None), key=lambda fit: fit.after, default=None)

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


def suggested_order(truth: Answers, answers: Answers) -> NDArray[np.int64]:
    """For each output the class that it stands for most likely: the assignment that makes most answers right.

    Source: Kuhn 1955, "The Hungarian method for the assignment problem", on the confusion matrix; what is never
    answered keeps its place where that costs nothing.
    """
    from scipy.optimize import linear_sum_assignment

    confusion = answers.T.astype(np.float64) @ truth.astype(np.float64)
    _, order = linear_sum_assignment(-confusion - 0.01 * np.eye(len(confusion)))
    found: NDArray[np.int64] = order
    return found


def _half_of_each_class(truth: Answers) -> NDArray[np.bool_]:
    """Every other image of those that show the same classes."""
    seen: Counter[bytes] = Counter()
    half = np.zeros(len(truth), np.bool_)
    for index, row in enumerate(truth):
        half[index] = seen[row.tobytes()] % 2 == 0
        seen[row.tobytes()] += 1
    return half


def _reordered(answers: Answers, order: NDArray[np.int64]) -> Answers:
    """``answers`` where output i stands for class ``order[i]``."""
    reread = np.empty_like(answers)
    reread[:, order] = answers
    return reread


def _rightness(truth: Answers, answers: Answers) -> NDArray[np.float64]:
    """Of each image 2 right / (true + said), 0..1; of one class an image, whether it is right."""
    said = truth.sum(axis=1) + answers.sum(axis=1)
    shares: NDArray[np.float64] = 2 * (truth & answers).sum(axis=1) / np.maximum(said, 1) + (said == 0)
    return shares


def _other_specs(spec: PreprocessSpec) -> Iterator[tuple[tuple[str, ...], PreprocessSpec]]:
    """Every other normalisation, order of the channels and resampling, with the options that ask for it."""
    orders: tuple[ColorOrder, ...] = ("GRAY",) if spec.color == "GRAY" else ("RGB", "BGR")
    named = {(spec.mean, spec.std): "", **{values: name for name, values in NORMALIZATIONS.items()}}
    for (mean, std), color, resampling in product(named, orders, _RESAMPLINGS):
        if len(mean) > spec.channels:
            continue
        said = []
        if (mean, std) != (spec.mean, spec.std):
            said.append(f"--normalization {named[mean, std]}")
        if color != spec.color:
            said.append(f"--color {color.lower()}")
        if resampling != spec.resampling:
            said.append(f"--resize {spec.resize}:{resampling}")
        if said:
            yield tuple(said), replace(spec, mean=mean, std=std, color=color, resampling=resampling)


def _labels_said(labels: Sequence[str]) -> str:
    more = ", …" if len(labels) > _SHOWN_LABELS else ""
    return f"--labels in the order {', '.join(labels[:_SHOWN_LABELS])}{more}"


def _resized(images: LabelledImages, spec: PreprocessSpec, resampling: Any) -> list[NDArray[np.uint8]]:
    """The images in RGB at the model's size; decoded once, since all ways to feed it begin with that."""
    frames = []
    for index in range(len(images)):
        frames.append(np.empty((spec.height, spec.width, 3), np.uint8))
        resize_frame(read_image(images.path(index)), replace(spec, resampling=resampling), frames[-1])
    return frames
