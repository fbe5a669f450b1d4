"""Measures a model on images, and says which it got wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.backbones import KerasModel
from trainer.data.batches import iterate_batches


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model said about a set of images.

    Attributes:
        images: the images.
        truth: their classes, int64 (images,).
        scores: float32 (images, classes), probabilities.
    """

    images: LabelledImages
    truth: NDArray[np.int64]
    scores: NDArray[np.float32]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The class with the highest score, int64 (images,)."""
        return self.scores.argmax(axis=1)

    @property
    def correct(self) -> int:
        """How many images were classified rightly."""
        return int((self.predicted == self.truth).sum())

    def worst_mistakes(self, count: int) -> list[int]:
        """Up to ``count`` wrongly classified images, the most confident first."""
        wrong = np.flatnonzero(self.predicted != self.truth)
        order = np.argsort(-self.scores[wrong].max(axis=1), kind="stable")
        return wrong[order][:count].tolist()

    def metrics(self) -> dict[str, Any]:
        """The figures of ``training.json``.

        Returns:
            "loss" (mean cross-entropy in nats), "accuracy" (top-1, 0..1), "per_class" (one object a class with
            "label", "precision", "recall", "f1", 0..1 and 0 where undefined, and "support", the number of images),
            "confusion_matrix" (rows: the true class, columns: the predicted one; numbers of images).
        """
        classes = np.arange(len(self.images.classes))
        figures = precision_recall_fscore_support(self.truth, self.predicted, labels=classes, zero_division=0)
        per_class = [
            {"label": label, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(n)}
            for label, p, r, f, n in zip(self.images.classes, *figures, strict=True)
        ]
        return {
            "loss": float(log_loss(self.truth, self.scores, labels=classes)),
            "accuracy": self.correct / len(self.images),
            "per_class": per_class,
            "confusion_matrix": confusion_matrix(self.truth, self.predicted, labels=classes).tolist(),
        }


def evaluate(model: KerasModel, images: LabelledImages, spec: PreprocessSpec) -> Evaluation:
    """Runs ``model``, which ends in probabilities, on ``images``."""
    scores = [model.predict_on_batch(batch.pixels) for batch in iterate_batches(images, spec)]
    truth = np.array([labels[0] for labels in images.labels], np.int64)
    return Evaluation(images, truth, np.concatenate(scores))
