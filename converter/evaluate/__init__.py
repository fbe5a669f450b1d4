"""Models and images go in; how good each model is, and where they differ, comes out: ``edge-eval``."""

from __future__ import annotations

from converter.evaluate.figures import Figures, figures_of
from converter.evaluate.report import EvaluationReport, PredictionReport

__all__ = ["EvaluationReport", "Figures", "PredictionReport", "figures_of"]
