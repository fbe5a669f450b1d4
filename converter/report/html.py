"""The report as one HTML file."""

from __future__ import annotations

import base64
import io
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from converter.report.charts import sweep_chart, trade_off
from converter.results import ConversionReport
from edge_runtime.preprocess import read_image

SHOWN_CLASSES = 30
SHOWN_LAYERS = 12
THUMBNAIL = 160


def render_report(report: ConversionReport, images: Path | None) -> str:
    """Returns the HTML of the report.

    Args:
        report: what was measured.
        images: the folder of the evaluation images, some of which are shown; None where there is none.
    """
    environment = Environment(loader=PackageLoader("converter.report"), autoescape=True, undefined=StrictUndefined)
    environment.filters["percent"] = lambda value, digits=2: f"{100 * value:.{digits}f} %"
    css = (resources.files("edge_runtime.console") / "report.css").read_text("utf-8")
    return environment.get_template("report.html").render(
        report=report,
        css=Markup(css),  # noqa: S704 - our own style sheet, not data
        trade_off=trade_off(report.tried, report.chosen) if report.tried else "",
        sweep=sweep_chart(report.sweep) if len(report.sweep) > 1 else "",
        pictures=[(row, _thumbnail(images / row.image)) for row in report.disagreements if images is not None],
        shown_classes=SHOWN_CLASSES,
        shown_layers=SHOWN_LAYERS,
    )


def _thumbnail(path: Path) -> str:
    """The image as a data URL, small."""
    image = Image.fromarray(read_image(path))
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
