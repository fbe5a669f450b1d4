"""What a model says of images: their scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.data.pixels import iterate_batches
from trainer.fit import Objective
from trainer.networks import KerasModel


def predict(
    model: KerasModel, images: LabelledImages, spec: PreprocessSpec, objective: Objective
) -> NDArray[np.float32]:
    """The scores of ``model``, which ends in probabilities: float32 (images, classes)."""
    outputs = [model.predict_on_batch(batch.pixels) for batch in iterate_batches(images, spec)]
    return objective.probabilities(np.concatenate(outputs))
