"""Scores of two models go in; what one lost against the other, and whether that is allowed, come out."""

from __future__ import annotations

from converter.judge.compare import ClassDrop, Scores
from converter.judge.disagreements import Disagreement, worst_disagreements
from converter.judge.gate import Limits, coarseness, refusals
from converter.judge.latency import Latency, measure_latencies
from converter.judge.scores import file_scores, float_scores
from converter.judge.verdict import judge_scores

__all__ = [
    "ClassDrop",
    "Disagreement",
    "Latency",
    "Limits",
    "Scores",
    "coarseness",
    "file_scores",
    "float_scores",
    "judge_scores",
    "measure_latencies",
    "refusals",
    "worst_disagreements",
]
