"""What a source is: something that yields frames, in order, until it ends or is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from edge_runtime.contracts.results import Frame, FrameFailure

Item = Frame | FrameFailure
Read = Callable[[], Item]
"""Reads one frame; may be called in any thread, beside others."""


class Source(Protocol):
    """Yields frames; a frame that cannot be read is yielded as a failure, and the source goes on.

    A constructor raises SourceError where there is nothing to read. Frames are asked for in a thread other than the
    one that built the source, but by one at a time.

    A source whose frames do not depend on one another, as files do not, may have ``reads() -> Sequence[Read]`` beside
    ``__iter__``: then several threads read. One that captures by itself, in a thread of its own, has ``counts``, the
    FrameCounts that it keeps ``produced``, ``dropped`` and ``reconnects`` of.
    """

    def __iter__(self) -> Iterator[Item]: ...

    def close(self) -> None:
        """Frees what the source holds; called once, also after an error."""
