"""Limits that a figure is held to, so that a script can be a gate."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

from benchmarks.errors import AboveLimitError


@dataclass(frozen=True, slots=True)
class HeldFigure:
    """A measured figure and what it is held to.

    Attributes:
        name: with its unit: "MB of peak memory".
        option: the one that says ``at_most``.
        at_most: None for no limit.
    """

    name: str
    value: float
    option: str
    at_most: float | None

    @property
    def is_above(self) -> bool:
        """Whether the figure is above its limit; one that equals it is not."""
        return self.at_most is not None and self.value > self.at_most


def limit(text: str) -> float:
    """An argparse type: a finite number above 0."""
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def check_limits(*figures: HeldFigure) -> None:
    """Compares figures with their limits.

    Raises:
        AboveLimitError: at least one is above; the message names all that are.
    """
    above = [
        f"{figure.name}: {figure.value:.6g} is above {figure.option} {figure.at_most:g}"
        for figure in figures
        if figure.is_above
    ]
    if above:
        raise AboveLimitError("; ".join(above))
