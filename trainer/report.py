"""report.html: one file that holds a training run's figures and pictures."""

from __future__ import annotations

import base64
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edge_runtime.contracts.training import TrainingRecord

PICTURES = {
    "history.png": (
        "History",
        "Loss and accuracy after each epoch. A gap that widens between the lines is overfitting.",
    ),
    "confusion_matrix.png": ("Confusion matrix", "Rows are the true classes. What lies off the diagonal is confused."),
    "samples.png": ("Sample images", "One training image a class, as stored."),
    "mistakes.png": ("Worst mistakes", "Test images the model got wrong with the highest score, and what they are."),
}


def render_report(record: TrainingRecord, plots: Path) -> str:
    """Returns the HTML of the report, with the pictures of the folder ``plots`` inside."""
    environment = Environment(loader=PackageLoader("trainer"), autoescape=True, undefined=StrictUndefined)
    css = (resources.files("edge_runtime.contracts") / "report.css").read_text("utf-8")
    pictures = [
        {"title": title, "caption": caption, "data_uri": _data_uri(plots / name)}
        for name, (title, caption) in PICTURES.items()
    ]
    return environment.get_template("report.html").render(
        record=record,
        css=Markup(css),  # noqa: S704 - our own style sheet, not data
        parts={part: len(items) for part, items in record.data.split.items()},
        pictures=pictures,
    )


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
