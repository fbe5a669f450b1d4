"""What a source is, and the kinds of it. Another package's plug-in is one of these, or a ``Connection``.

A kind is declared, by its base class; nobody looks at what else an object has. ``run.feed`` says what a kind means.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.results import Frame, FrameFailure
from edge_runtime.sources.counts import FrameCounts

Item = Frame | FrameFailure
Read = Callable[[], Item]
"""Reads one frame; may be called in any thread, beside others."""


class Source(Protocol):
    """Yields frames, in order, until it ends or is closed; a failed frame is yielded as that, and the source goes on.

    A constructor raises SourceError where there is nothing to read. Frames are asked for in a thread other than the
    one that built the source, but by one at a time. What has these two methods is a source; the classes below are
    those of which more is known.
    """

    def __iter__(self) -> Iterator[Item]: ...

    def close(self) -> None:
        """Frees what the source holds; called once, also after an error."""


class LiveSource(Source):
    """A source whose frames come by themselves: it captures in a thread of its own.

    Attributes:
        counts: of its frames; the source keeps ``produced``, ``dropped`` and ``reconnects``.
    """

    def __init__(self) -> None:
        self.counts = FrameCounts()


class FileSet(Source):
    """A source whose frames do not depend on one another, so that several threads may read."""

    @abstractmethod
    def reads(self) -> Sequence[Read]:
        """What reads each frame, in order."""

    def __iter__(self) -> Iterator[Item]:
        return (read() for read in self.reads())


class Recording(Source):
    """A source whose frames were recorded one after the other.

    Attributes:
        frame_rate: in frames a second; None where it is not known.
    """

    frame_rate: float | None = None


class EndOfStream(Exception):  # noqa: N818 - what read says at the end
    """Raised by a connection's ``read``: the source has come to its end for good, and is not connected to again.

    With a text it ends the run as an error.
    """


class Connection(Protocol):
    """One connection to a live source, used by one thread; built quickly, without connecting yet."""

    def open(self) -> None:
        """Connects; raises SourceError where that fails."""

    def read(self) -> NDArray[np.uint8]:
        """Waits for the next frame, uint8 RGB (height, width, 3).

        Raises:
            ImageError: this frame has failed; the next one may be whole.
            SourceError: the connection is lost.
            EndOfStream: there is no more to come, ever.
        """

    def close(self) -> None:
        """Frees the connection; called by the thread that read."""
