"""One short line a frame, for people."""

from __future__ import annotations

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import SinkError
from edge_runtime.sinks.base import RunInfo


class ConsoleSink:
    """Prints source, categories and milliseconds."""

    def __init__(self, target: str, run: RunInfo | None = None) -> None:  # noqa: ARG002
        if target:
            raise SinkError(f"console:{target}: console takes nothing behind a colon")

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Prints one line, and one for each event."""
        if isinstance(result, FrameFailure):
            _print(f"{result.index:6}  {result.error}")
            return
        named = ", ".join(f"{found.label} {found.score:.3f}" for found in result.classification.categories)
        milliseconds = sum(result.classification.timing_ms.values())
        _print(f"{result.index:6}  {result.source}  {named or '-'}  {milliseconds:.1f} ms")
        for event in result.events:
            after = "" if event.duration_ns is None else f" after {event.duration_ns / 1e9:.1f} s"
            _print(f"{event.index:6}  {event.kind} {event.category.label}{after}")

    def close(self) -> None:
        """Holds nothing open."""


def _print(line: str) -> None:
    print(line.encode(errors="backslashreplace").decode(), flush=True)  # a file name need not be UTF-8
