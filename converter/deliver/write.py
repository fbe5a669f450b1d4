"""Writes the reports, and the model where the gate let one pass: where a new model is, its reports are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter.deliver.complete import Delivery
from converter.deliver.export import ensure_exportable
from converter.errors import library_failures
from converter.report import render_report
from converter.results import ConversionReport
from edge_runtime.console.files import ensure_writable, write_together


def ensure_deliverable(out: Path, exports: Sequence[str]) -> None:
    """Finds out before the work whether the model, its reports and its exports can be written.

    Raises:
        OutputError: one cannot.
        ExportError: an export would write over a source file of somebody else.
    """
    for path in (out, *_report_paths(out)):
        ensure_writable(path)
    ensure_exportable(out, exports)


def write_delivery(report: ConversionReport, delivery: Delivery | None, images: Path | None, out: Path) -> Path:
    """Writes the reports as ``.report.json`` and ``.report.html`` beside ``out``, then what is delivered.

    Where nothing is, an earlier model stays: a device may be served from it.

    Args:
        report: what was measured.
        delivery: what is written; None where nothing is.
        images: the folder of the evaluation images; None where the run failed before they were looked for.
        out: of the model.

    Returns:
        The path of the HTML report.

    Raises:
        ConversionError: the report cannot be drawn.
        OutputError: a file cannot be written.
    """
    json_path, html_path = _report_paths(out)
    with library_failures(f"{html_path}: the report cannot be drawn"):
        html = render_report(report, images)
    reports = {json_path: report.to_json().encode(), html_path: html.encode()}
    write_together(reports if delivery is None else {**reports, **delivery.files})
    return html_path


def _report_paths(out: Path) -> tuple[Path, Path]:
    """Where the report of the model ``out`` goes: the JSON file and the HTML file."""
    return out.with_suffix(".report.json"), out.with_suffix(".report.html")
