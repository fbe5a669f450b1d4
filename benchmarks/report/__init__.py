"""Results go in; files, tables, comparisons and an HTML page come out."""

from __future__ import annotations

from benchmarks.report.comparison import MAX_FILES, Comparison, ResultFile, compare, load_results
from benchmarks.report.markdown import render_markdown
from benchmarks.report.results import DEFINITIONS, Accuracy, BenchmarkResult, CameraFigures, Row, Samples

__all__ = [
    "DEFINITIONS",
    "MAX_FILES",
    "Accuracy",
    "BenchmarkResult",
    "CameraFigures",
    "Comparison",
    "ResultFile",
    "Row",
    "Samples",
    "compare",
    "load_results",
    "render_markdown",
]
