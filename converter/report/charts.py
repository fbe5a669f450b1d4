"""Pictures for the report, as SVG inside the page; their colours are those of its style sheet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from converter.results import CandidateRow, SweepPoint

WIDTH, HEIGHT = 760, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 84, 20, 46
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
    x_axis = _Axis(_widened(times, logarithmic), _LEFT, WIDTH - _RIGHT, logarithmic)
    y_axis = _Axis(_widened([*values, limit, 100 * gate.reference]), HEIGHT - _BOTTOM, _TOP)
    largest = max(row.size_bytes for row in candidates)
    parts = [_frame(x_axis, y_axis, "latency, ms (p50)", f"{gate.metric}, %")]
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
    return _svg(parts, "Latency against accuracy of every file that was tried")


def sweep_chart(points: Sequence[SweepPoint]) -> Markup:
    """Agreement with the float model against the number of calibration images."""
    counts = [float(point.calibration_images) for point in points]
    values = [100 * point.agreement for point in points]
    x_axis = _Axis(_widened(counts, logarithmic=True), _LEFT, WIDTH - _RIGHT, logarithmic=True)
    y_axis = _Axis(_widened(values), HEIGHT - _BOTTOM, _TOP)
    line = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in zip(counts, values, strict=True))
    parts = [
        _frame(x_axis, y_axis, "calibration images", "same answer, %"),
        f'<polyline class="line" points="{line}"/>',
    ]
    for x, y in zip(counts, values, strict=True):
        parts.append(f'<circle class="disc good" cx="{x_axis.at(x):.1f}" cy="{y_axis.at(y):.1f}" r="5"/>')
    return _svg(parts, "Agreement with the float model by the number of calibration images")


class _Axis:
    """From values to positions."""

    def __init__(self, ends: tuple[float, float], start: float, stop: float, logarithmic: bool = False) -> None:
        self.ends = ends
        self.logarithmic = logarithmic
        self._start, self._stop = start, stop

    def at(self, value: float) -> float:
        low, high = (math.log(end) if self.logarithmic else end for end in self.ends)
        place = ((math.log(value) if self.logarithmic else value) - low) / (high - low)
        return self._start + place * (self._stop - self._start)

    def ticks(self) -> list[float]:
        low, high = self.ends
        if self.logarithmic:
            powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            found = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
            return [value for value in found if low <= value <= high]
        step = 10.0 ** math.floor(math.log10(high - low))
        step = next(part * step for part in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if (high - low) / (part * step) <= 6.5)
        return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _widened(values: Sequence[float], logarithmic: bool = False) -> tuple[float, float]:
    low, high = min(values), max(values)
    if logarithmic:
        return low / 1.3, high * 1.3
    margin = 0.15 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _frame(x_axis: _Axis, y_axis: _Axis, x_name: str, y_name: str) -> str:
    bottom = HEIGHT - _BOTTOM
    parts = [f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{WIDTH - _RIGHT}"/>']
    for value in x_axis.ticks():
        x = x_axis.at(value)
        parts.append(f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{bottom + 18}">{value:.6g}</text>')
    for value in y_axis.ticks():
        y = y_axis.at(value)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>')
        parts.append(f'<text class="tick" text-anchor="end" x="{_LEFT - 8}" y="{y + 4:.1f}">{value:.6g}</text>')
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(f'<text class="name" text-anchor="middle" x="{middle}" y="{HEIGHT - 6}">{escape(x_name)}</text>')
    parts.append(f'<text class="name" x="4" y="{_TOP - 6}">{escape(y_name)}</text>')
    return "".join(parts)


def _levels(axis: _Axis, levels: Mapping[str, float]) -> str:
    """Lines across the chart, the highest value first; their names stand beside it, where no disc hides them."""
    parts, lowest = [], -math.inf
    for text, value in levels.items():
        y = axis.at(value)
        lowest = max(y, lowest + _LINE_HEIGHT)
        parts.append(f'<path class="level" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>')
        parts.append(f'<text class="tick" x="{WIDTH - _RIGHT + 6}" y="{lowest + 4:.1f}">{escape(text)}</text>')
    return "".join(parts)


def _svg(parts: Sequence[str], title: str) -> Markup:
    content = "".join(parts)
    return Markup(  # noqa: S704 - numbers and escaped texts only
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{content}</svg>'
    )
