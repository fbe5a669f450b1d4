"""FrameCounts: what became of the frames of a run; one object that source, pipeline and sinks share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class FrameCounts:
    """When a run has ended, ``produced == delivered + dropped + failed``; before that some are under way.

    Each number is written by one thread and may be read by any.

    Attributes:
        produced: frames that the source made, failed ones included.
        delivered: frames that were classified and handed to the sinks.
        dropped: frames that were left out: a newer one was there, or the run was stopped while they were under way.
        failed: frames that could not be used: not decoded, or not cropped.
        reconnects: how often a live source was connected to again.
    """

    produced: int = 0
    delivered: int = 0
    dropped: int = 0
    failed: int = 0
    reconnects: int = 0

    @property
    def done(self) -> int:
        """Frames that the sinks were told of."""
        return self.delivered + self.failed

    @property
    def under_way(self) -> int:
        """Frames of which nothing has become yet."""
        return self.produced - self.done - self.dropped

    def describe(self) -> str:
        """All of it in one line."""
        return (
            f"{self.produced} frames captured, {self.delivered} delivered, {self.dropped} dropped, "
            f"{self.failed} failed, {self.reconnects} reconnects"
        )
