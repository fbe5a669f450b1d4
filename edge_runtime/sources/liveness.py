"""Liveness: whether a run gets on, as systemd and the preview's visitors are told."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_runtime.sources.counts import FrameCounts

HANGS_AFTER_SECONDS = 20.0
"""A frame that takes longer than this, the pauses of ``--max-fps`` apart, will take for ever."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run may take for what, in seconds.

    Attributes:
        result: until something has become of a frame that is under way.
        silence: until the source makes a further frame.
    """

    result: float = HANGS_AFTER_SECONDS
    silence: float = math.inf


class Liveness:
    """Looks at the counts of a run again and again; one object for each that looks."""

    def __init__(self, counts: FrameCounts, patience: Patience, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes what is there for progress.

        Args:
            counts: of the run.
            patience: with it.
            clock: in seconds.
        """
        self._counts = counts
        self._patience = patience
        self._clock = clock
        self._done, self._produced = counts.done, counts.produced
        self._done_at = self._produced_at = clock()

    def look(self) -> str:
        """Why the run does not get on; "" where it does. Knows of what happened at the times when it looked."""
        now, counts = self._clock(), self._counts
        if counts.done != self._done or not counts.under_way:
            self._done, self._done_at = counts.done, now
        if counts.produced != self._produced:
            self._produced, self._produced_at = counts.produced, now
        if now - self._done_at > self._patience.result:
            return f"a frame has been under way for {now - self._done_at:.0f} s"
        if now - self._produced_at > self._patience.silence:
            return f"no frame for {now - self._produced_at:.0f} s"
        return ""
