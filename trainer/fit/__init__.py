"""Prepared data and a backbone go in; a trained model and its history come out.

``phases``, ``loop``, ``feeds``, ``optimizers``, ``losses`` and ``distribution`` import Keras or TensorFlow when loaded.
"""

from __future__ import annotations

from trainer.fit.checkpoint import CHECKPOINT_NAME, Checkpoints
from trainer.fit.history import PhaseLog
from trainer.fit.objective import Objective

__all__ = ["CHECKPOINT_NAME", "Checkpoints", "Objective", "PhaseLog"]
