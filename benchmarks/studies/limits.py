"""Limits that a figure is held to, so that a script can be a gate."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

from edge_runtime.contracts.errors import EdgeDeployError


class LimitError(EdgeDeployError):
    """A figure was measured, and lies beyond the limit that the user set."""


@dataclass(frozen=True, slots=True)
class HeldFigure:
    """A measured figure and what it is held to.

    Attributes:
        name: with its unit: "MB of peak memory".
        option: the one that sets the limit.
        limit: None for none.
        at_least: whether the limit is the least that is allowed, not the most.
    """

    name: str
    value: float
    option: str
    limit: float | None
    at_least: bool = False

    @property
    def fault(self) -> str | None:
        """What is wrong, where the figure lies beyond its limit; one that equals it does not."""
        if self.limit is None:
            return None
        beyond = self.value < self.limit if self.at_least else self.value > self.limit
        side = "below" if self.at_least else "above"
        return f"{self.name}: {self.value:.6g} is {side} {self.option} {self.limit:g}" if beyond else None


def limit(text: str) -> float:
    """An argparse type: a finite number above 0."""
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def check_limits(*figures: HeldFigure) -> None:
    """Compares figures with their limits.

    Raises:
        LimitError: at least one lies beyond; the message names all that do.
    """
    faults = [fault for figure in figures if (fault := figure.fault) is not None]
    if faults:
        raise LimitError("; ".join(faults))
