"""Scores of two models go in; what one lost against the other, and whether that is allowed, come out."""

from __future__ import annotations

from converter.judge.chance import ChanceCheck, check_chance
from converter.judge.compare import METRICS, Answers, ClassDrop, Scores, answers_of, same_answers, truth_of
from converter.judge.device_latency import DeviceLatencies, read_device_latencies
from converter.judge.disagreements import Disagreement, worst_disagreements
from converter.judge.gate import Limits, coarseness, count_images, metric_of, refusals
from converter.judge.intervals import drop_interval
from converter.judge.latency import Latency, measure_latencies
from converter.judge.processor import processor_name
from converter.judge.scores import file_scores, float_scores, probabilities
from converter.judge.verdict import judge_scores

__all__ = [
    "METRICS",
    "Answers",
    "ChanceCheck",
    "ClassDrop",
    "DeviceLatencies",
    "Disagreement",
    "Latency",
    "Limits",
    "Scores",
    "answers_of",
    "check_chance",
    "coarseness",
    "count_images",
    "drop_interval",
    "file_scores",
    "float_scores",
    "judge_scores",
    "measure_latencies",
    "metric_of",
    "probabilities",
    "processor_name",
    "read_device_latencies",
    "refusals",
    "same_answers",
    "truth_of",
    "worst_disagreements",
]
