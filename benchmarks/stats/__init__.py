"""Samples go in; percentiles, intervals and ratios come out."""

from __future__ import annotations

from benchmarks.stats.rounds import Estimate, estimate, estimate_paired_ratio, estimate_ratio, interval_text
from benchmarks.stats.summary import Summary, count_outliers, drift, percentile, summarize

__all__ = [
    "Estimate",
    "Summary",
    "count_outliers",
    "drift",
    "estimate",
    "estimate_paired_ratio",
    "estimate_ratio",
    "interval_text",
    "percentile",
    "summarize",
]
