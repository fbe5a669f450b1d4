"""Writes the reports, and the model where the gate let one pass: where a model is, its reports are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter.deliver.complete import Delivery
from converter.deliver.export import ensure_exportable
from converter.judge import refusals
from converter.quantize import AUTO
from converter.report import render_report
from converter.results import ConversionReport, GateRefusedError
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


def write_delivery(report: ConversionReport, delivery: Delivery | None, images: Path, out: Path) -> None:
    """Writes the reports as ``.report.json`` and ``.report.html`` beside ``out``, then what is delivered.

    Where nothing is, an earlier model goes aside: no one must take it for the one that was refused.

    Args:
        report: what was measured.
        delivery: what is written; None where the gate refused.
        images: the folder of the evaluation images.
        out: of the model.

    Raises:
        GateRefusedError: the gate refused.
        OutputError: a file cannot be written.
    """
    json_path, html_path = _report_paths(out)
    reports = {json_path: report.to_json().encode(), html_path: render_report(report, images).encode()}
    write_together(reports if delivery is None else {**reports, **delivery.files})
    if delivery is None:
        earlier = out.with_name(f"{out.stem}.earlier{out.suffix}") if out.exists() else None
        if earlier is not None:
            out.replace(earlier)
        raise GateRefusedError(_refusal(report, out, html_path, earlier), report)


def _report_paths(out: Path) -> tuple[Path, Path]:
    """Where the report of the model ``out`` goes: the JSON file and the HTML file."""
    return out.with_suffix(".report.json"), out.with_suffix(".report.html")


def _refusal(report: ConversionReport, out: Path, html_path: Path, earlier: Path | None) -> str:
    candidate = report.shown
    worst = candidate.per_class[0].label if candidate.per_class else ""
    lost = "; ".join(refusals(candidate.gate, worst))
    moved = f"; the earlier file is now {earlier.name}" if earlier is not None else ""
    fix = ", or --quantize auto, which finds out why and repairs it" if report.asked != AUTO else ""
    return f"{out}: not written: {lost}{moved}; see {html_path}{fix}"
