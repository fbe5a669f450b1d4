"""Scores of two models go in; what one lost against the other, and whether that is allowed, come out."""

from __future__ import annotations

from converter.judge.compare import METRICS, ClassDrop, Scores, answers_of, class_drops, truth_of
from converter.judge.disagreements import Disagreement, worst_disagreements
from converter.judge.gate import Limits, coarseness, judge, refusals
from converter.judge.latency import Latency, measure_latencies
from converter.judge.scores import file_scores, float_scores

__all__ = [
    "METRICS",
    "ClassDrop",
    "Disagreement",
    "Latency",
    "Limits",
    "Scores",
    "answers_of",
    "class_drops",
    "coarseness",
    "file_scores",
    "float_scores",
    "judge",
    "measure_latencies",
    "refusals",
    "truth_of",
    "worst_disagreements",
]
