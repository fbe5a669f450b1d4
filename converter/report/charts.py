"""Pictures for the report, as SVG inside the page; their colours are those of its style sheet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from converter.report.drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, draw_frame, draw_svg, widened
from converter.results import CandidateRow, SweepPoint

_LINE_HEIGHT = 15
_LOG_FROM = 5.0
"""From this ratio of the slowest to the fastest on, the axis of latencies is logarithmic."""


def trade_off(candidates: Sequence[CandidateRow], chosen: CandidateRow | None) -> Markup:
    """Latency against accuracy; the area of a disc is the size of the file, its number that of the table's row."""
    times = [row.latency_ms.p50 for row in candidates]
    values = [100 * row.compared.candidate for row in candidates]
    gate = candidates[0].compared
    limit = 100 * gate.reference - gate.max_drop_pp
    logarithmic = max(times) > _LOG_FROM * min(times)
    x_axis = Axis(widened(times, logarithmic), LEFT, WIDTH - RIGHT, logarithmic)
    y_axis = Axis(widened([*values, limit, 100 * gate.reference]), HEIGHT - BOTTOM, TOP)
    largest = max(row.size_bytes for row in candidates)
    parts = [draw_frame(x_axis, y_axis, "latency, ms (p50)", f"{gate.metric}, %")]
    ordered = sorted(enumerate(candidates, 1), key=lambda pair: -pair[1].size_bytes)  # small discs over large ones
    for number, row in ordered:
        kind = "chosen" if chosen is not None and row.name == chosen.name else "good" if row.compared.passed else "bad"
        x, y = x_axis.at(row.latency_ms.p50), y_axis.at(100 * row.compared.candidate)
        radius = 7 + 17 * math.sqrt(row.size_bytes / largest)
        parts.append(
            f'<circle class="disc {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escape(row.name)}</title>'
            f'</circle><text class="number" x="{x:.1f}" y="{y + 4:.1f}">{number}</text>'
        )
    parts.append(_levels(y_axis, {"float model": 100 * gate.reference, "limit": limit}))
    return draw_svg(parts, "Latency against accuracy of every file that was tried")


def sweep_chart(points: Sequence[SweepPoint]) -> Markup:
    """Agreement with the float model against the number of calibration images."""
    counts = [float(point.calibration_images) for point in points]
    values = [100 * point.agreement for point in points]
    x_axis = Axis(widened(counts, logarithmic=True), LEFT, WIDTH - RIGHT, logarithmic=True)
    y_axis = Axis(widened(values), HEIGHT - BOTTOM, TOP)
    line = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in zip(counts, values, strict=True))
    parts = [
        draw_frame(x_axis, y_axis, "calibration images", "same answer, %"),
        f'<polyline class="line" points="{line}"/>',
    ]
    for x, y in zip(counts, values, strict=True):
        parts.append(f'<circle class="disc good" cx="{x_axis.at(x):.1f}" cy="{y_axis.at(y):.1f}" r="5"/>')
    return draw_svg(parts, "Agreement with the float model by the number of calibration images")


def _levels(axis: Axis, levels: Mapping[str, float]) -> str:
    """Lines across the chart, the highest value first; their names stand beside it, where no disc hides them."""
    parts, lowest = [], -math.inf
    for text, value in levels.items():
        y = axis.at(value)
        lowest = max(y, lowest + _LINE_HEIGHT)
        parts.append(f'<path class="level" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" x="{WIDTH - RIGHT + 6}" y="{lowest + 4:.1f}">{escape(text)}</text>')
    return "".join(parts)
