"""What a sink is: something that takes each result as it comes."""

from __future__ import annotations

from typing import Protocol

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult


class Sink(Protocol):
    """Takes results in order; raises SinkError (or OSError) where it cannot."""

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        """Takes one result; what it wrote is there when it returns.

        Args:
            result: of a frame, or why it could not be read.
            frame: the whole frame, for a sink that shows it; None where it could not be read. It must not be changed.
        """

    def close(self) -> None:
        """Finishes; called once, also after an error."""
