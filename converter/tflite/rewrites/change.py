"""What became of one operator that XNNPACK does not take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

REWRITTEN = "rewritten"
"""What :func:`summarize` says stands under this key in the manifest's ``quantization``."""


@dataclass(frozen=True)
class Change:
    """One operator that was replaced, or that a rewrite knows and left as it is.

    Attributes:
        index: of the operator in the graph before.
        operator: its name.
        layer: the name of its output.
        became: the operators that stand for it now; empty where it stays, or where another operator does its work.
        reason: why it stays; empty where it was replaced.
    """

    index: int
    operator: str
    layer: str
    became: tuple[str, ...] = ()
    reason: str = ""


class Stays(Exception):  # noqa: N818 - no failure: the operator is right as it is
    """An operator that cannot be replaced; the text says why."""


def summarize(changes: Sequence[Change]) -> tuple[str, ...]:
    """One line for each kind: "19 HARD_SWISH became ADD, MUL, MUL"; "3 of 19 HARD_SWISH stay: why"."""
    return tuple(_lines(changes))


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    def kind(change: Change) -> tuple[str, str, tuple[str, ...]]:
        return change.operator, change.reason, change.became

    ordered = sorted(changes, key=kind)
    for (operator, reason, became), group in groupby(ordered, kind):
        count, total = len(list(group)), sum(change.operator == operator for change in changes)
        share = f"{count} of {total} {operator}" if count < total else f"{count} {operator}"
        if reason:
            yield f"{share} stay{'s' * (count == 1)}: {reason}"
        elif became:
            yield f"{share} became {', '.join(became)}"
        else:
            yield f"{share} went into the operator before"
