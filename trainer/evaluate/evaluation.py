"""Measures a model on images, and says which it got wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    log_loss,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
)

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.data import multi_hot
from trainer.data.pixels import iterate_batches
from trainer.fit import Objective
from trainer.networks import KerasModel

_SMALLEST = float(np.finfo(np.float32).eps)
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""

_FEW, _LOWEST_OF_FEW = 10, 0.1
"""See :func:`choose_thresholds`."""


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

    def metrics(self) -> dict[str, Any]:
        """The figures of ``training.json``.

        Returns:
            "loss" (mean cross-entropy in nats), "accuracy" (share of images that are wholly right), "per_class" (one
            object a class with "label", "precision", "recall", "f1", 0..1 and 0 where undefined, and "support", the
            number of images). With one label an image "confusion_matrix" (rows: the true class, columns: the predicted
            one; numbers of images). For a multi-label task "confusion_matrix" has for each class [[true negatives,
            false positives], [false negatives, true positives]], and there are "micro_f1", "macro_f1" and "thresholds".
        """
        figures = precision_recall_fscore_support(self.shown, self.decided, average=None, zero_division=0)
        per_class = [
            {"label": label, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(n)}
            for label, p, r, f, n in zip(self.images.classes, *figures, strict=True)
        ]
        shared = {"accuracy": float(self.right.mean()), "per_class": per_class}
        return {**shared, **(self._single_label() if self.thresholds is None else self._multi_label(self.thresholds))}

    def _single_label(self) -> dict[str, Any]:
        truth, classes = self.shown.argmax(axis=1), np.arange(len(self.images.classes))
        return {
            "loss": float(log_loss(truth, self.scores, labels=classes)),
            "confusion_matrix": confusion_matrix(truth, self.scores.argmax(axis=1), labels=classes).tolist(),
        }

    def _multi_label(self, thresholds: NDArray[np.float32]) -> dict[str, Any]:
        scores = np.clip(self.scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
        return {
            "loss": float(-np.log(np.where(self.shown, scores, 1 - scores)).mean()),
            "micro_f1": float(f1_score(self.shown, self.decided, average="micro", zero_division=0)),
            "macro_f1": float(f1_score(self.shown, self.decided, average="macro", zero_division=0)),
            "thresholds": [float(threshold) for threshold in thresholds],
            "confusion_matrix": multilabel_confusion_matrix(self.shown, self.decided).tolist(),
        }


def predict(
    model: KerasModel, images: LabelledImages, spec: PreprocessSpec, objective: Objective
) -> NDArray[np.float32]:
    """The scores of ``model``, which ends in probabilities: float32 (images, classes)."""
    outputs = [model.predict_on_batch(batch.pixels) for batch in iterate_batches(images, spec)]
    return objective.probabilities(np.concatenate(outputs))


def choose_thresholds(shown: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each class the threshold with the highest F1: float32 (classes,), within 0..1.

    It lies in the middle between two scores (or 0 and the lowest). Of equally good ones the nearest to 0.5 is taken;
    0.5 as well where no image shows the class. Where fewer than 10 show it, it lies within 0.1..0.9: one image with a
    score of 0.02 would otherwise give the label to half of the others.

    Args:
        shown: which image shows which class, bool (images, classes).
        scores: probabilities, (images, classes).
    """
    return np.array([_best_threshold(*column) for column in zip(shown.T, scores.T, strict=True)], np.float32)


def _best_threshold(shown: NDArray[np.bool_], scores: NDArray[np.float32]) -> float:
    if not shown.any():
        return 0.5
    found = np.unique(np.append(0.0, scores))
    candidates = np.concatenate([[0.5], (found[1:] + found[:-1]) / 2])
    if shown.sum() < _FEW:
        candidates = candidates[(candidates >= _LOWEST_OF_FEW) & (candidates <= 1 - _LOWEST_OF_FEW)]
    candidates = candidates[np.argsort(np.abs(candidates - 0.5), kind="stable")]
    order = np.argsort(scores)
    positives_from = np.append(np.cumsum(shown[order][::-1])[::-1], 0)
    first = np.searchsorted(scores[order], candidates)
    # F1 = 2 TP / (predicted + present), https://en.wikipedia.org/wiki/F-score
    f1 = 2 * positives_from[first] / (len(scores) - first + shown.sum())
    return float(candidates[f1.argmax()])
