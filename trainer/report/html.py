"""report.html: one file that holds a training run's figures and pictures."""

from __future__ import annotations

import base64
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edge_runtime.contracts.training import TrainingRecord

PICTURES = {
    "history.png": (
        "History",
        "Loss and accuracy after each epoch. A gap that widens between the lines is overfitting.",
    ),
    "per_class.png": (
        "Precision and recall",
        "Precision: how often the model is right when it names the class. Recall: how much of the class it finds.",
    ),
    "confusion_matrix.png": ("Confusion matrix", "Rows are the true classes. What lies off the diagonal is confused."),
    "samples.png": ("Sample images", "One training image a class, as stored."),
    "augmentation.png": ("Augmentation", "What training images look like after they were varied."),
    "mistakes.png": ("Worst mistakes", "Test images the model got wrong with the highest score, and what they are."),
}
"""For each picture its title and caption; one that was not made is passed over."""

_DECISIONS = "Each label is decided for itself. Missed and wrongly given ones are the mistakes."


def render_report(record: TrainingRecord, plots: Path) -> str:
    """Returns the HTML of the report, with the pictures of the folder ``plots`` inside."""
    environment = Environment(loader=PackageLoader("trainer.report"), autoescape=True, undefined=StrictUndefined)
    css = (resources.files("edge_runtime.console") / "report.css").read_text("utf-8")
    return environment.get_template("report.html").render(
        record=record,
        css=Markup(css),  # noqa: S704 - our own style sheet, not data
        cards=_cards(record),
        classes=_classes(record),
        parts={part: len(items) for part, items in record.data.split.items()},
        pictures=_pictures(record, plots),
    )


def _cards(record: TrainingRecord) -> list[tuple[str, str]]:
    """The figures on top: a number and what it is."""
    metrics = record.metrics
    shares = {"micro-F1 on the test part": "micro_f1", "macro-F1": "macro_f1", "images wholly right": "accuracy"}
    if record.task != "multi-label":
        shares = {"top-1 on the test part": "accuracy"}
    return [
        *((f"{100 * metrics[name]:.1f} %", what) for what, name in shares.items()),
        (f"{metrics['loss']:.3f}", "test loss"),
        (str(len(record.classes)), "classes"),
        (str(len(record.data.split["train"])), "training images"),
        (f"{sum(record.seconds.values()):.0f} s", "in all"),
    ]


def _classes(record: TrainingRecord) -> list[dict[str, Any]]:
    """The rows of the table of classes: the test part's figures, images for training, threshold."""
    trained = Counter(label for item in record.data.split["train"] for label in item.labels)
    return [
        {**row, "train": trained[number], "threshold": record.thresholds[number] if record.thresholds else None}
        for number, row in enumerate(record.metrics["per_class"])
    ]


def _pictures(record: TrainingRecord, plots: Path) -> list[dict[str, str]]:
    pictures = []
    for name, (title, caption) in PICTURES.items():
        if (plots / name).exists():
            if name == "confusion_matrix.png" and record.task == "multi-label":
                title, caption = "Decisions", _DECISIONS
            pictures.append({"title": title, "caption": caption, "data_uri": _data_uri(plots / name)})
    return pictures


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
