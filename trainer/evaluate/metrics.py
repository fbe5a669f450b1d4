"""The figures of an evaluation, as ``training.json`` has them."""

from __future__ import annotations

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

from trainer.evaluate.evaluation import Evaluation

_SMALLEST = float(np.finfo(np.float32).eps)
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""


def compute_metrics(evaluation: Evaluation) -> dict[str, Any]:
    """The figures of ``training.json``.

    Returns:
        "loss" (mean cross-entropy in nats), "accuracy" (share of images that are wholly right), "per_class" (one
        object a class with "label", "precision", "recall", "f1", 0..1 and 0 where undefined, and "support", the
        number of images). With one label an image "confusion_matrix" (rows: the true class, columns: the predicted
        one; numbers of images). For a multi-label task "confusion_matrix" has for each class [[true negatives,
        false positives], [false negatives, true positives]], and there are "micro_f1", "macro_f1" and "thresholds".
    """
    figures = precision_recall_fscore_support(evaluation.shown, evaluation.decided, average=None, zero_division=0)
    per_class = [
        {"label": label, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(n)}
        for label, p, r, f, n in zip(evaluation.images.classes, *figures, strict=True)
    ]
    shared = {"accuracy": float(evaluation.right.mean()), "per_class": per_class}
    if evaluation.thresholds is None:
        return {**shared, **_single_label(evaluation)}
    return {**shared, **_multi_label(evaluation, evaluation.thresholds)}


def _single_label(evaluation: Evaluation) -> dict[str, Any]:
    truth, classes = evaluation.shown.argmax(axis=1), np.arange(len(evaluation.images.classes))
    return {
        "loss": float(log_loss(truth, evaluation.scores, labels=classes)),
        "confusion_matrix": confusion_matrix(truth, evaluation.scores.argmax(axis=1), labels=classes).tolist(),
    }


def _multi_label(evaluation: Evaluation, thresholds: NDArray[np.float32]) -> dict[str, Any]:
    scores = np.clip(evaluation.scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    return {
        "loss": float(-np.log(np.where(evaluation.shown, scores, 1 - scores)).mean()),
        "micro_f1": float(f1_score(evaluation.shown, evaluation.decided, average="micro", zero_division=0)),
        "macro_f1": float(f1_score(evaluation.shown, evaluation.decided, average="macro", zero_division=0)),
        "thresholds": [float(threshold) for threshold in thresholds],
        "confusion_matrix": multilabel_confusion_matrix(evaluation.shown, evaluation.decided).tolist(),
    }
