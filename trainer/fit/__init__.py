"""Prepared data go in; a trained model and its history come out.

``plan``, ``phases``, ``loop``, ``feeds``, ``optimizers`` and ``losses`` import Keras or TensorFlow when loaded.
"""

from __future__ import annotations

from trainer.fit.checkpoint import CHECKPOINT_NAME, Checkpoints
from trainer.fit.history import Phases
from trainer.fit.objective import Objective
from trainer.fit.preparation import PreparedData, prepare_data

__all__ = ["CHECKPOINT_NAME", "Checkpoints", "Objective", "Phases", "PreparedData", "prepare_data"]
