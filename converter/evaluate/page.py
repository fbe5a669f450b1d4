"""The report of an evaluation as one HTML file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from converter.errors import library_failures
from converter.evaluate.charts import reliability_diagram, threshold_chart
from converter.evaluate.report import EvaluationReport, ModelResult, PredictionReport
from converter.report import render_page, thumbnail

SHOWN_CLASSES = 30
"""A confusion matrix of more classes is not drawn; the pairs that are confused most are listed."""
SHOWN_CHANGED = 24
SHOWN_PREDICTIONS = 200


def draw_report(report: EvaluationReport | PredictionReport, root: Path) -> str:
    """Returns the HTML of a report, with pictures of images below ``root``.

    Raises:
        ConversionError: it cannot be drawn.
    """
    with library_failures("the report cannot be drawn"):
        if isinstance(report, PredictionReport):
            return _draw_predictions(report, root)
        return _draw_evaluation(report, root)


def matrix_of(model: ModelResult, classes: Iterable[str]) -> list[tuple[str, list[int]]]:
    """The confusion matrix: for each class that is shown, how many of its images got each answer."""
    cells = {(cell.truth, cell.answer): cell.images for cell in model.figures.confusion}
    names = list(classes)
    return [(truth, [cells.get((truth, answer), 0) for answer in names]) for truth in names]


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Each name without the folders that all have in common."""
    parts = [Path(name).parts for name in names]
    shared = 0
    while all(len(each) > shared + 1 for each in parts) and len({each[shared] for each in parts}) == 1:
        shared += 1
    return {name: str(Path(*each[shared:])) for name, each in zip(names, parts, strict=True)}


def _draw_evaluation(report: EvaluationReport, root: Path) -> str:
    return render_page(
        "converter.evaluate",
        "evaluation.html",
        report=report,
        picture=lru_cache(maxsize=None)(lambda name: thumbnail(root / name)),
        matrix=matrix_of,
        confused={model.name: _most_confused(model) for model in report.models},
        short=short_names([model.name for model in report.models]),
        reliability=reliability_diagram,
        curve=threshold_chart,
        shown_classes=SHOWN_CLASSES,
        shown_changed=SHOWN_CHANGED,
    )


def _draw_predictions(report: PredictionReport, root: Path) -> str:
    return render_page(
        "converter.evaluate",
        "predictions.html",
        report=report,
        picture=lambda name: thumbnail(root / name),
        short=short_names([said.model for said in report.predictions[0].said]),
        shown=SHOWN_PREDICTIONS,
    )


def _most_confused(model: ModelResult) -> list[tuple[str, str, int]]:
    """The pairs of classes that are confused most, at most so many as classes are shown."""
    wrong = [cell for cell in model.figures.confusion if cell.truth != cell.answer]
    wrong.sort(key=lambda cell: -cell.images)
    return [(cell.truth, cell.answer, cell.images) for cell in wrong[:SHOWN_CLASSES]]
