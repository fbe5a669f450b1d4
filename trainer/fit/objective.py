"""What a task means for a model: its outputs, its targets, its loss. Importing this does not import Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.manifest import Task
from trainer.data import PreparedData, multi_hot

KerasLoss = Any
KerasMetric = Any
"""Of ``keras.losses`` and ``keras.metrics``; Keras is not typed."""


@dataclass(frozen=True, eq=False)
class Objective:
    """What a model is trained for.

    Attributes:
        task: one label an image (softmax over the classes), any number of them (a sigmoid a class), or binary
            (one sigmoid: the probability of the second class).
        classes: how many there are.
        class_weights: None, or by how much an image counts in the loss: float32 (classes,) by its class for a
            single-label task, else (2, outputs) by whether the output's label is absent or present.
    """

    task: Task
    classes: int
    class_weights: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, data: PreparedData) -> Objective:
        """What these data are to be trained for."""
        return cls(data.task, len(data.images.classes), data.class_weights)

    @property
    def outputs(self) -> int:
        """How many numbers the model gives."""
        return 1 if self.task == "binary" else self.classes

    @property
    def activation(self) -> str:
        """Of the model's last layer, as Keras calls it."""
        return "softmax" if self.task == "single-label" else "sigmoid"

    def targets(self, labels: Sequence[tuple[int, ...]]) -> NDArray[np.float32]:
        """What the model should say of images with ``labels``: float32 (images, outputs), 0 or 1."""
        if self.task == "binary":
            return np.array([label for (label,) in labels], np.float32)[:, None]
        return multi_hot(labels, self.classes).astype(np.float32)

    def probabilities(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """A score for each class, (images, classes), from the model's outputs, (images, outputs)."""
        return np.concatenate([1 - outputs, outputs], axis=1) if self.task == "binary" else outputs

    def loss(self, label_smoothing: float = 0.0) -> KerasLoss:
        """The loss to train with: cross-entropy, weighted by ``class_weights``, in nats."""
        from trainer.fit.losses import CrossEntropy

        return CrossEntropy(self.task == "single-label", self.class_weights, label_smoothing)

    def metric(self) -> KerasMetric:
        """Named "accuracy": the share of images with the right class, of a multi-label task that of right decisions."""
        import keras

        if self.task == "single-label":
            return keras.metrics.CategoricalAccuracy(name="accuracy")
        return keras.metrics.BinaryAccuracy(name="accuracy")
