"""The pictures of a comparison, as PNG data URIs: readable on paper and without colour."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import cycle, groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from benchmarks.report.comparison import ResultFile, RowKey
from benchmarks.report.results import Row

_DPI = 150
_COLUMNS = 2
_SHOWN_PERCENT = 99.0
# Colours of M. Okabe and K. Ito that the colour-blind can tell apart; dark enough for paper.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_DASHES = ("-", "--", ":", "-.")
_MARKERS = ("o", "s", "^", "D")

Line = tuple[str, list[tuple[int, float]]]
"""A line's name and its points."""


def latency_plot(files: Sequence[ResultFile], keys: Sequence[RowKey]) -> str:
    """The share of calls that were done within a time: a panel a row, a line a file; end to end."""
    rows = -(-len(keys) // _COLUMNS)
    figure = Figure(figsize=(9, 2.7 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat[len(keys) :]:
        axes.set_axis_off()
    for axes, key in zip(grid.flat, keys, strict=False):
        for (file, colour), dashes in zip(_coloured(files), cycle(_DASHES), strict=False):
            _draw_shares(axes, file, key, colour, dashes)
        axes.set(title=_panel_title(key), xlabel="end to end, ms", ylabel="calls done, %", ylim=(0, 100))
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
    return _data_uri(figure)


def thread_plot(files: Sequence[ResultFile], model: str) -> str | None:
    """End-to-end p50 by threads, a line a file and backend; None where no line has two points."""
    lines = [line for file in files for line in _lines_by_threads(file, model)]
    return _line_plot(lines, "threads", "end to end p50, ms") if lines else None


def batch_plot(files: Sequence[ResultFile], model: str) -> str | None:
    """Frames a second by batch, a line a file, backend and device; None where no line has two points."""
    lines = [line for file in files for line in _lines_by_batch(file, model)]
    return _line_plot(lines, "batch", "frames/s") if lines else None


def _line_plot(lines: Sequence[Line], x_label: str, y_label: str) -> str:
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    styles = zip(cycle(_COLOURS), cycle(_DASHES), cycle(_MARKERS), strict=False)
    for (name, points), (colour, dashes, marker) in zip(lines, styles, strict=False):
        axes.plot(*zip(*points, strict=True), color=colour, linestyle=dashes, marker=marker, label=name)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_xticks(sorted({x for _, points in lines for x, _ in points}))
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    return _data_uri(figure)


def accuracy_plot(files: Sequence[ResultFile]) -> str | None:
    """Accuracy against end-to-end p50, a point a model and file (its fastest row), its area the size of the file.

    None where fewer than two points are known: only models from edge-convert say their accuracy.
    """
    points = [(file, row) for file in files for row in _fastest_with_accuracy(file)]
    if len(points) < 2:
        return None
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    largest = max(row.size_mb or 0.0 for _, row in points)
    names = []
    for (file, row), colour, marker in zip(points, cycle(_COLOURS), cycle(_MARKERS), strict=False):
        size_mb = row.size_mb or 0.0
        x, y = file.p50_ms(row, "end_to_end") or 0.0, 100 * row.accuracy.value if row.accuracy else 0.0
        axes.scatter(
            [x], [y], s=40 + 300 * size_mb / largest, color=colour, marker=marker, alpha=0.7, edgecolors="black"
        )
        text = f"{file.letter}: {row.model}, {row.backend}, {size_mb:.2f} MB".replace("$", r"\$")  # no formula
        names.append(Line2D([], [], color=colour, marker=marker, linestyle="", label=text))
    axes.set(xlabel="end to end p50, ms", ylabel="accuracy, %")
    axes.margins(x=0.2, y=0.3)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    figure.legend(handles=names, loc="outside right upper", fontsize=8)
    return _data_uri(figure)


def _fastest_with_accuracy(file: ResultFile) -> list[Row]:
    best: dict[str, tuple[float, Row]] = {}
    for key, row in file.valid_rows().items():
        p50 = file.p50_ms(row, "end_to_end")
        if p50 is None or row.accuracy is None or row.batch != 1:
            continue
        if key.model not in best or p50 < best[key.model][0]:
            best[key.model] = (p50, row)
    return [row for _, row in best.values()]


def _lines_by_batch(file: ResultFile, model: str) -> Iterator[Line]:
    rows = [
        row
        for key, row in file.valid_rows().items()
        if key.model == model and row.scenario != "camera" and row.throughput_fps is not None
    ]

    def line_of(row: Row) -> tuple[str, str, int]:
        return row.backend, row.device_name or row.device.upper(), row.threads

    for (backend, device, threads), group in groupby(sorted(rows, key=line_of), key=line_of):
        points = sorted((row.batch, row.throughput_fps or 0.0) for row in group)
        if len(points) > 1:
            yield f"{file.letter}, {backend}, {device}, threads {threads}", points


def _coloured(files: Sequence[ResultFile]) -> Iterator[tuple[ResultFile, str]]:
    return zip(files, cycle(_COLOURS), strict=False)


def _draw_shares(axes: Axes, file: ResultFile, key: RowKey, colour: str, dashes: str) -> None:
    row = file.valid_rows().get(key)
    samples = None if row is None else file.samples_ns(row, "end_to_end")
    if samples is None:
        return
    percent: NDArray[np.float64] = np.linspace(0.0, _SHOWN_PERCENT, 200)
    axes.plot(np.percentile(samples, percent) / 1e6, percent, color=colour, linestyle=dashes, label=file.letter)


def _panel_title(key: RowKey) -> str:
    batch = "" if key.batch == 1 else f", batch {key.batch}"
    scenario = "" if key.fps is None else f", camera at {key.fps:g}/s"
    return f"{key.backend}, threads {key.threads}{batch}{scenario}"


def _lines_by_threads(file: ResultFile, model: str) -> Iterator[Line]:
    rows = [
        row
        for key, row in file.valid_rows().items()
        if key.model == model and row.scenario != "camera" and row.batch == 1
    ]

    def line_of(row: Row) -> str:
        return row.backend

    for backend, group in groupby(sorted(rows, key=line_of), key=line_of):
        points = sorted((row.threads, p50) for row in group if (p50 := file.p50_ms(row, "end_to_end")) is not None)
        if len(points) > 1:
            yield f"{file.letter}, {backend}", points


def _data_uri(figure: Figure) -> str:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, facecolor="white")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
