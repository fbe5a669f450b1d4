"""A ConversionReport goes in; one HTML file comes out. Other reports are drawn with the same parts."""

from __future__ import annotations

from converter.report.drawing import draw_frame, draw_svg, percent_axes
from converter.report.html import render_report
from converter.report.page import render_page, thumbnail

__all__ = ["draw_frame", "draw_svg", "percent_axes", "render_page", "render_report", "thumbnail"]
