"""The report as one HTML file."""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from converter.results import ConversionReport

SHOWN_CLASSES = 50


def render_report(report: ConversionReport) -> str:
    """Returns the HTML of the report."""
    environment = Environment(loader=PackageLoader("converter"), autoescape=True, undefined=StrictUndefined)
    css = (resources.files("edge_runtime.contracts") / "report.css").read_text("utf-8")
    return environment.get_template("report.html").render(
        report=report,
        css=Markup(css),  # noqa: S704 - our own style sheet, not data
        shown_classes=SHOWN_CLASSES,
    )
