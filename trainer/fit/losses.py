"""Cross-entropy for every task, weighted by class, on one-hot and multi-hot targets."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


class CrossEntropy(keras.losses.Loss):
    """The mean cross-entropy in nats of probabilities against targets of the same shape.

    Args:
        exclusive: whether a row's classes exclude each other (softmax); else each output is a decision of its own,
            and the mean goes over them as well.
        class_weights: None, or float32 (classes,) where exclusive, else (2, outputs): absent, present.
        label_smoothing: the share of each target that is spread over the classes, 0..1.
    """

    def __init__(self, exclusive: bool, class_weights: NDArray[np.float32] | None, label_smoothing: float) -> None:
        super().__init__(name="cross_entropy")
        self._exclusive = exclusive
        self._class_weights = class_weights
        self._label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each row, (batch,)."""
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.cast(y_true, y_pred.dtype)
        share = self._label_smoothing
        if self._exclusive:
            smooth = y_true * (1 - share) + share / y_true.shape[-1]
            losses = ops.categorical_crossentropy(smooth, y_pred)
            return losses if self._class_weights is None else losses * ops.sum(y_true * self._class_weights, axis=-1)
        losses = ops.binary_crossentropy(y_true * (1 - share) + share / 2, y_pred)
        if self._class_weights is not None:
            absent, present = self._class_weights
            losses *= y_true * present + (1 - y_true) * absent
        return ops.mean(losses, axis=-1)
