"""Comparisons as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.report.comparison import Comparison, Ratio, ResultFile
from benchmarks.stats import interval_text

INTERVAL_NOTE = (
    "p50 in ms; a ratio below 1 means that the later file is faster. The 95 % interval comes from what differs between "
    "rounds, each a process of its own: it holds for the next run on these machines in the same state."
)
_ABSENT = "-"


def render_markdown(files: Sequence[ResultFile], comparisons: Sequence[Comparison]) -> str:
    """A list of the files, a table a comparison, and what could not be compared."""
    lines = [f"- {file.letter}: `{file.path}`, {file.result.host.name}, {file.result.created_utc}" for file in files]
    for comparison in comparisons:
        lines += ["", f"## {comparison.other.letter} against {comparison.base.letter}", "", *_table(comparison)]
        if comparison.notes:
            lines += ["", *(f"- {_escaped(note)}" for note in comparison.notes)]
    return "\n".join([*lines, "", INTERVAL_NOTE])


def ratio_cells(ratio: Ratio | None) -> tuple[str, str, str, str]:
    """Both medians, the ratio and its interval as text."""
    if ratio is None:
        return _ABSENT, _ABSENT, _ABSENT, _ABSENT
    return (
        f"{ratio.base_ms:.3f}",
        f"{ratio.other_ms:.3f}",
        f"{ratio.ratio:.3f}",
        _ABSENT if ratio.low is None else interval_text(ratio.low, ratio.high),
    )


def _table(comparison: Comparison) -> list[str]:
    base, other = comparison.base.letter, comparison.other.letter
    header = ["model", "backend", "threads", "batch"]
    for figure in ("latency", "end to end"):
        header += [f"{figure} {base}", f"{figure} {other}", "ratio", "95 % interval"]
    lines = [_line(header), _line(["---", "---", *["---:"] * (len(header) - 2)])]
    for row in comparison.rows:
        about = [_escaped(row.base.model), row.base.backend, str(row.base.threads), str(row.base.batch)]
        lines.append(_line([*about, *ratio_cells(row.latency), *ratio_cells(row.end_to_end)]))
    return lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
