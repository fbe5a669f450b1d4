"""How long each phase of a conversion takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class PhaseTimer:
    """Adds up the seconds of each phase.

    Attributes:
        seconds: by the phase's name, in the order in which they began.
    """

    def __init__(self) -> None:
        """Starts with no phase."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Counts what runs inside to ``name``."""
        start = perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - start, 2)
