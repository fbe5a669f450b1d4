"""A ConversionReport goes in; one HTML file comes out."""

from __future__ import annotations

from converter.report.html import render_report

__all__ = ["render_report"]
