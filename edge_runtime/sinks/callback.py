"""Results into a function of yours; for programs that build on the runtime, see examples/."""

from __future__ import annotations

from collections.abc import Callable

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult


class CallbackSink:
    """Calls a function with each result and its frame (None where that failed).

    It is called in the thread that runs the pipeline, which waits for it; what it raises ends the run.
    """

    def __init__(self, function: Callable[[FrameResult | FrameFailure, Frame | None], object]) -> None:
        self._function = function

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        """Calls the function."""
        self._function(result, frame)

    def close(self) -> None:
        """Holds nothing open."""
