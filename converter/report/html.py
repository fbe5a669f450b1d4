"""The report as one HTML file."""

from __future__ import annotations

from pathlib import Path

from converter.report.charts import sweep_chart, trade_off
from converter.report.page import render_page, thumbnail
from converter.results import ConversionReport

SHOWN_CLASSES = 30
SHOWN_LAYERS = 12


def render_report(report: ConversionReport, images: Path | None) -> str:
    """Returns the HTML of the report.

    Args:
        report: what was measured.
        images: the folder of the evaluation images, some of which are shown; None where there is none.
    """
    return render_page(
        "converter.report",
        "report.html",
        report=report,
        trade_off=trade_off(report.tried, report.chosen) if report.tried else "",
        sweep=sweep_chart(report.sweep) if len(report.sweep) > 1 else "",
        pictures=[(row, thumbnail(images / row.image)) for row in report.disagreements if images is not None],
        shown_classes=SHOWN_CLASSES,
        shown_layers=SHOWN_LAYERS,
    )
