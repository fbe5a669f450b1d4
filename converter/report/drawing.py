"""The axes that the reports' pictures share: SVG inside the page; its colours are those of the style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 84, 20, 46


class Axis:
    """From values to positions."""

    def __init__(self, ends: tuple[float, float], start: float, stop: float, logarithmic: bool = False) -> None:
        self.ends = ends
        self.logarithmic = logarithmic
        self._start, self._stop = start, stop

    def at(self, value: float) -> float:
        """The position of ``value``."""
        low, high = (math.log(end) if self.logarithmic else end for end in self.ends)
        place = ((math.log(value) if self.logarithmic else value) - low) / (high - low)
        return self._start + place * (self._stop - self._start)

    def ticks(self) -> list[float]:
        """Round values between the ends."""
        low, high = self.ends
        if self.logarithmic:
            powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            found = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
            return [value for value in found if low <= value <= high]
        step = 10.0 ** math.floor(math.log10(high - low))
        step = next(part * step for part in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if (high - low) / (part * step) <= 6.5)
        return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def widened(values: Sequence[float], logarithmic: bool = False) -> tuple[float, float]:
    """The ends of an axis that shows all of ``values``."""
    low, high = min(values), max(values)
    if logarithmic:
        return low / 1.3, high * 1.3
    margin = 0.15 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def percent_axes() -> tuple[Axis, Axis]:
    """Axes from 0 to 100, across and up."""
    return Axis((0.0, 100.0), LEFT, WIDTH - RIGHT), Axis((0.0, 100.0), HEIGHT - BOTTOM, TOP)


def draw_frame(x_axis: Axis, y_axis: Axis, x_name: str, y_name: str) -> str:
    """Axes, grid and names."""
    bottom = HEIGHT - BOTTOM
    parts = [f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>']
    for value in x_axis.ticks():
        x = x_axis.at(value)
        parts.append(f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{bottom + 18}">{value:.6g}</text>')
    for value in y_axis.ticks():
        y = y_axis.at(value)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" text-anchor="end" x="{LEFT - 8}" y="{y + 4:.1f}">{value:.6g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="name" text-anchor="middle" x="{middle}" y="{HEIGHT - 6}">{escape(x_name)}</text>')
    parts.append(f'<text class="name" x="4" y="{TOP - 6}">{escape(y_name)}</text>')
    return "".join(parts)


def draw_svg(parts: Sequence[str], title: str) -> Markup:
    """The picture of ``parts``, which are escaped."""
    content = "".join(parts)
    return Markup(  # noqa: S704 - numbers and escaped texts only
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{content}</svg>'
    )
