"""A comparison as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.report.comparison import Comparison, ResultFile, RowKey
from benchmarks.report.markdown import INTERVAL_NOTE, ratio_cells
from benchmarks.report.plots import accuracy_plot, batch_plot, latency_plot, thread_plot


def render_page(files: Sequence[ResultFile], comparisons: Sequence[Comparison]) -> str:
    """Returns the HTML; its style and pictures are inside it."""
    environment = Environment(loader=PackageLoader("benchmarks.report"), autoescape=True, undefined=StrictUndefined)
    css = (resources.files("edge_runtime.console") / "report.css").read_text("utf-8")
    return environment.get_template("compare.html").render(
        files=files,
        comparisons=comparisons,
        models=_models(files),
        accuracy=accuracy_plot(files),
        cells=ratio_cells,
        interval_note=INTERVAL_NOTE,
        css=Markup(css),  # noqa: S704 - our own style sheet, not data
    )


def _models(files: Sequence[ResultFile]) -> list[dict[str, str | None]]:
    """A section a model: its name, its hash and its pictures."""
    names: dict[str, str] = {}
    for file in files:
        names.update({key.model: row.model for key, row in file.valid_rows().items()})
    return [
        {
            "name": name,
            "sha256": sha256,
            "latency": latency_plot(files, keys) if (keys := _keys_with_samples(files, sha256)) else None,
            "threads": thread_plot(files, sha256),
            "batches": batch_plot(files, sha256),
        }
        for sha256, name in names.items()
    ]


def _keys_with_samples(files: Sequence[ResultFile], model: str) -> list[RowKey]:
    return sorted(
        {
            key
            for file in files
            for key, row in file.valid_rows().items()
            if key.model == model and file.samples_ns(row, "end_to_end") is not None
        }
    )
