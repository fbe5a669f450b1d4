"""What a sink is: something that takes each result as it comes."""

from __future__ import annotations

from typing import Protocol

from edge_runtime.contracts.results import FrameFailure, FrameResult


class Sink(Protocol):
    """Takes results in order; raises SinkError (or OSError) where it cannot."""

    def write(self, result: FrameResult | FrameFailure) -> None:
        """Takes one result; what it wrote is there when it returns."""

    def close(self) -> None:
        """Finishes; called once, also after an error."""
