"""A trained model and prepared data go in; what it says of the test part, and the figures of that, come out.

Importing it imports scikit-learn.
"""

from __future__ import annotations

from trainer.evaluate.evaluation import Evaluation, evaluate
from trainer.evaluate.metrics import compute_metrics

__all__ = ["Evaluation", "compute_metrics", "evaluate"]
