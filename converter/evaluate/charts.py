"""Pictures of an evaluation, as SVG: the reliability diagram and the curve over thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from converter.evaluate.calibration import ReliabilityBin
from converter.evaluate.figures import ThresholdPoint
from converter.report import draw_frame, draw_svg, percent_axes

_CURVES = {"precision": "precision", "recall": "recall", "micro_f1": "micro-F1", "macro_f1": "macro-F1"}
_LINE_HEIGHT = 15


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> Markup:
    """How often scores are right, against what they say; the line across is where both are equal."""
    x_axis, y_axis = percent_axes()
    most = max(each.count for each in bins)
    parts = [draw_frame(x_axis, y_axis, "score, %", "right, %")]
    for each in bins:
        left, right, top = x_axis.at(100 * each.low), x_axis.at(100 * each.high), y_axis.at(100 * each.right)
        shade = 0.15 + 0.6 * each.count / most
        parts.append(
            f'<rect class="bin" x="{left + 1:.1f}" y="{top:.1f}" width="{right - left - 2:.1f}" '
            f'height="{y_axis.at(0) - top:.1f}" fill-opacity="{shade:.2f}"><title>{each.count} scores of '
            f"{each.confidence:.3f} on average, {each.right:.3f} right</title></rect>"
        )
    parts.append(f'<path class="level" d="M{x_axis.at(0)} {y_axis.at(0)}L{x_axis.at(100)} {y_axis.at(100)}"/>')
    return draw_svg(parts, "Reliability diagram: how often scores are right, against what they say")


def threshold_chart(points: Sequence[ThresholdPoint]) -> Markup:
    """Precision, recall and F1 against one threshold for all labels."""
    x_axis, y_axis = percent_axes()
    parts = [draw_frame(x_axis, y_axis, "threshold, %", "share, %")]
    ends = []
    for number, (field, name) in enumerate(_CURVES.items()):
        places = [(x_axis.at(100 * each.threshold), y_axis.at(100 * getattr(each, field))) for each in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="curve curve{number}" points="{line}"/>')
        ends.append((places[-1], name, number))
    lowest = -math.inf
    for (x, y), name, number in sorted(ends, key=lambda end: end[0][1]):
        lowest = max(y, lowest + _LINE_HEIGHT)
        parts.append(f'<text class="tick text{number}" x="{x + 6:.1f}" y="{lowest + 4:.1f}">{escape(name)}</text>')
    return draw_svg(parts, "Precision, recall and F1 against the threshold")
