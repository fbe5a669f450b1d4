"""Samples go in; percentiles, intervals and ratios come out."""

from __future__ import annotations

from benchmarks.stats.summary import Summary, count_outliers, drift, ratio_interval, summarize

__all__ = ["Summary", "count_outliers", "drift", "ratio_interval", "summarize"]
