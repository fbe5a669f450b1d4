"""What a source is: something that yields frames, in order, until it ends or is closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from edge_runtime.contracts.results import Frame, FrameFailure


class Source(Protocol):
    """Yields frames; a frame that cannot be read is yielded as a failure, and the source goes on.

    A constructor raises SourceError where there is nothing to read.
    """

    def __iter__(self) -> Iterator[Frame | FrameFailure]: ...

    def close(self) -> None:
        """Frees what the source holds; called once, also after an error."""
