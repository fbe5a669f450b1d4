"""An evaluation as text: the table that is printed, and rows as CSV, one an image and model."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converter.evaluate.answers import Said
from converter.evaluate.figures import Figures
from converter.evaluate.report import EvaluationReport, PredictionReport
from converter.judge import Scores
from edge_runtime.contracts.dataset import LabelledImages

_DIGITS = 6
_FIGURES: dict[str, Callable[[Figures], float | None]] = {
    "top-1": lambda figures: figures.top_1,
    "top-5": lambda figures: figures.top_5,
    "micro-F1": lambda figures: figures.micro_f1,
    "macro-F1": lambda figures: figures.macro_f1,
    "balanced": lambda figures: figures.balanced_accuracy,
    "ROC-AUC": lambda figures: figures.roc_auc,
    "ECE": lambda figures: figures.ece,
}


def report_text(report: EvaluationReport | PredictionReport) -> str:
    """What is printed of a report."""
    return prediction_text(report) if isinstance(report, PredictionReport) else evaluation_text(report)


def evaluation_text(report: EvaluationReport) -> str:
    """The table, and below it a line for each further model."""
    columns = {name: [get(model.figures) for model in report.models] for name, get in _FIGURES.items()}
    columns = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    first = "all right" if report.task == "multi-label" else "top-1"
    rows = [["model", *(first if name == "top-1" else name for name in columns)]]
    for number, model in enumerate(report.models):
        rows.append([model.name, *(_number(values[number]) for values in columns.values())])
    lines = [f"{report.images} images of {report.data}, {len(report.classes)} classes, {report.task}", *_aligned(rows)]
    for each in report.differences:
        low, high = each.interval_pp
        lines.append(
            f"{each.model} against {each.base}: {each.metric} {each.difference_pp:+.2f} pp ({low:+.2f} to {high:+.2f}, "
            f"95 %), same answer {each.agreement:.1%}, {each.gained} gained, {each.lost} lost"
        )
    broken = [(model.name, model.figures.no_numbers) for model in report.models if model.figures.no_numbers]
    lines += [f"{name}: {count} images got scores that are no numbers; they count as wrong" for name, count in broken]
    return "\n".join(lines)


def prediction_text(report: PredictionReport) -> str:
    """A line for each image and model."""
    rows = [["image", "model", "answer", "score"]]
    for each in report.predictions:
        rows += [[each.image, said.model, said.answer, f"{said.score:.4f}"] for said in each.said]
    return "\n".join(_aligned(rows))


@dataclass(frozen=True, eq=False)
class ScoredBy:
    """What one model said of all images, and its scores."""

    said: Sequence[Said]
    scores: Scores


def rows_csv(images: LabelledImages, truths: Sequence[str], models: Sequence[ScoredBy]) -> str:
    """The rows as CSV, the images in their order; where nobody knows what they show, ``truth`` and ``right`` are empty.

    Args:
        images: that were scored.
        truths: what each shows.
        models: that scored them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "model", "truth", "answer", "right", "score", *(f"score {c}" for c in images.classes)])
    for index, (name, truth) in enumerate(zip(images.names, truths, strict=True)):
        for model in models:
            said = model.said[index]
            right = "" if said.right is None else int(said.right)
            scores = [f"{score:.{_DIGITS}g}" for score in model.scores[index].tolist()]
            writer.writerow(
                [name, said.model, truth if said.right is not None else "", said.answer, right, said.score, *scores]
            )
    return text.getvalue()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
