"""The pictures of a comparison, as PNG data URIs: readable on paper and without colour."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import cycle, groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.comparison import ResultFile, RowKey
from benchmarks.results import Row

_DPI = 150
_COLUMNS = 2
_SHOWN_PERCENT = 99.0
# Colours of M. Okabe and K. Ito that the colour-blind can tell apart; dark enough for paper.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_DASHES = ("-", "--", ":", "-.")
_MARKERS = ("o", "s", "^", "D")


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


def thread_plot(files: Sequence[ResultFile], model_sha256: str) -> str | None:
    """End-to-end p50 by threads, a line a file and backend; None where no line has two points."""
    lines = [line for file in files for line in _lines_by_threads(file, model_sha256)]
    if not lines:
        return None
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    styles = zip(cycle(_COLOURS), cycle(_DASHES), cycle(_MARKERS), strict=False)
    for (name, points), (colour, dashes, marker) in zip(lines, styles, strict=False):
        axes.plot(*zip(*points, strict=True), color=colour, linestyle=dashes, marker=marker, label=name)
    axes.set(xlabel="threads", ylabel="end to end p50, ms")
    axes.set_xticks(sorted({threads for _, points in lines for threads, _ in points}))
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    return _data_uri(figure)


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
    return f"{key.backend}, threads {key.threads}{batch}"


def _lines_by_threads(file: ResultFile, model_sha256: str) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    rows = [row for key, row in file.valid_rows().items() if key.model_sha256 == model_sha256]
    for (backend, batch), group in groupby(sorted(rows, key=_line_of), key=_line_of):
        points = sorted((row.threads, p50) for row in group if (p50 := file.p50_ms(row, "end_to_end")) is not None)
        if len(points) > 1:
            yield f"{file.letter}, {backend}" + ("" if batch == 1 else f", batch {batch}"), points


def _line_of(row: Row) -> tuple[str, int]:
    return row.backend, row.batch


def _data_uri(figure: Figure) -> str:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, facecolor="white")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
