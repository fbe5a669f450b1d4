"""What a training gathers on its way: how long its phases took, and what each epoch came to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

History = dict[str, tuple[float, ...]]
"""For each figure ("loss", "accuracy", "val_loss", "val_accuracy") its value after each epoch."""


class PhaseLog:
    """How long each phase took, in seconds, and the history of those that train."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.history: dict[str, History] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Measures the block as the phase ``name``."""
        started = time.perf_counter_ns()
        yield
        self.seconds[name] = round((time.perf_counter_ns() - started) / 1e9, 3)
