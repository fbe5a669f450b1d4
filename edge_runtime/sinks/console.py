"""One short line a frame, for people."""

from __future__ import annotations

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import SinkError


class ConsoleSink:
    """Prints source, categories and milliseconds."""

    def __init__(self, target: str) -> None:
        if target:
            raise SinkError(f"console:{target}: console takes nothing behind a colon")

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Prints one line."""
        if isinstance(result, FrameFailure):
            _print(f"{result.index:6}  {result.error}")
            return
        named = ", ".join(f"{found.label} {found.score:.3f}" for found in result.classification.categories)
        milliseconds = sum(result.classification.timing_ms.values())
        _print(f"{result.index:6}  {result.source}  {named or '-'}  {milliseconds:.1f} ms")

    def close(self) -> None:
        """Holds nothing open."""


def _print(line: str) -> None:
    print(line.encode(errors="backslashreplace").decode(), flush=True)  # a file name need not be UTF-8
