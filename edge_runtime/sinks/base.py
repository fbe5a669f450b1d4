"""What a sink is: something that takes each result as it comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult, SourceChange
from edge_runtime.decisions import Region
from edge_runtime.sources import FrameCounts, Patience


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a sink may tell about the run it belongs to.

    Attributes:
        model: the model file.
        source: as the user named it, without user and password.
        labels: of the model, one a class.
        counts: what becomes of the frames, while they run.
        is_live: whether frames come by themselves, as from a camera.
        frame_rate: of a video file, in frames a second; None where the source has none of its own.
        region: the part of every frame that is looked at; None for all of it.
        shows_several: whether all categories of a result count as there, and not the best one alone.
        patience: how long the run may take for a result, or its source for a frame.
        sink_counts: where sinks leave the counts (dataclasses of int) that others may tell, by the sink's name.
    """

    model: str = ""
    source: str = ""
    labels: tuple[str, ...] = ()
    counts: FrameCounts = field(default_factory=FrameCounts)
    is_live: bool = False
    frame_rate: float | None = None
    region: Region | None = None
    shows_several: bool = False
    patience: Patience = Patience()  # noqa: RUF009 - frozen
    sink_counts: dict[str, Any] = field(default_factory=dict)


class Sink(Protocol):
    """Takes results in order; raises SinkError (or OSError) where it cannot.

    Made from what a user wrote behind the colon, and a RunInfo. One that writes to a file is part of the run's pace and
    loses nothing; one that talks to others over a network never waits for them: it leaves results out and counts them.
    """

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        """Takes one result; what it wrote is there when it returns.

        Args:
            result: of a frame, or why it failed.
            frame: the whole frame, for a sink that shows it; None where it failed. It must not be changed.
        """

    def close(self) -> None:
        """Finishes; called once, also after an error."""


class InformedSink(Sink):
    """A sink that also says whether the source is there."""

    def tell(self, change: SourceChange) -> None:
        """Takes note that a live source was lost, or is back; called between two results, as ``write`` is."""
