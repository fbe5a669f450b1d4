"""Evaluation: what a model said of a set of images, and which it got wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages
from trainer.data import PreparedData, multi_hot
from trainer.evaluate.predict import predict
from trainer.evaluate.thresholds import choose_thresholds
from trainer.fit import Objective
from trainer.networks import KerasModel


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model said about a set of images.

    Attributes:
        images: the images.
        scores: float32 (images, classes), probabilities.
        thresholds: for a multi-label task the score from which each label counts, float32 (classes,); else None: the
            class with the highest score counts.
    """

    images: LabelledImages
    scores: NDArray[np.float32]
    thresholds: NDArray[np.float32] | None = None

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Which image shows which class: bool (images, classes)."""
        return multi_hot(self.images.labels, len(self.images.classes))

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Which classes the model says each image shows: bool (images, classes)."""
        if self.thresholds is not None:
            return self.scores >= self.thresholds
        return multi_hot([(best,) for best in self.scores.argmax(axis=1).tolist()], len(self.images.classes))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which images the model got wholly right: bool (images,)."""
        return (self.decided == self.shown).all(axis=1)

    def worst_mistakes(self, count: int) -> list[int]:
        """Up to ``count`` images the model got wrong, those first whose worst decision was the surest."""
        wrong = np.flatnonzero(~self.right)
        surest = self.scores.max(axis=1)
        if self.thresholds is not None:
            errors = self.decided != self.shown
            surest = np.where(errors, np.where(self.decided, self.scores, 1 - self.scores), 0).max(axis=1)
        order = np.argsort(-surest[wrong], kind="stable")
        return wrong[order][:count].tolist()


def evaluate(model: KerasModel, data: PreparedData) -> Evaluation:
    """Measures on the test part; a multi-label model with the thresholds that suit the validation part best.

    Raises:
        ImageError: an image has become unreadable since it was screened.
    """
    objective = Objective.of(data)
    thresholds = None
    if data.task == "multi-label":
        val = data.part("val")
        shown = multi_hot(val.labels, len(val.classes))
        thresholds = choose_thresholds(shown, predict(model, val, data.spec, objective))
    test = data.part("test")
    return Evaluation(test, predict(model, test, data.spec, objective), thresholds)
