"""A training record and its evaluation go in; pictures, an HTML file and TensorBoard's events come out.

``files`` and what it uses import matplotlib, jinja2 or TensorFlow when they are loaded.
"""

from __future__ import annotations

PLOTS_NAME = "plots"
REPORT_NAME = "report.html"
TENSORBOARD_NAME = "tensorboard"

__all__ = ["PLOTS_NAME", "REPORT_NAME", "TENSORBOARD_NAME"]
