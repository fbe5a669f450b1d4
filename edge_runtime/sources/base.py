"""What a source is, and the kinds of it. Another package's plug-in is one of these, or a ``Connection``.

A kind is declared, by its base class; nobody looks at what else an object has. ``run.feed`` says what a kind means.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.results import Frame, FrameFailure, SourceChange
from edge_runtime.sources.counts import FrameCounts
from edge_runtime.sources.options import SourceOption

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
        stall_seconds: how long it waits for a frame before it does something about it.
        tell: is called where the source is lost, and where it is back, in the thread that iterates.
    """

    stall_seconds: float = 5.0
    tell: Callable[[SourceChange], None] = staticmethod(lambda _change: None)

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


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture that is decoded only if somebody asks for it: one that is dropped costs no decoding.

    Attributes:
        decode: makes the pixels, uint8 RGB (height, width, 3), in the thread of whoever asks; raises ImageError.
        nbytes: what it keeps in memory.
        captured_ns: when it was taken, by the camera's own clock; None where that does not tell.
        skipped: pictures before this one that the connection has passed over: they had waited too long.
    """

    decode: Callable[[], NDArray[np.uint8]]
    nbytes: int
    skipped: int = 0
    captured_ns: int | None = None


class Connection(Protocol):
    """One connection to a live source, used by one thread; built quickly, without connecting yet."""

    def open(self) -> None:
        """Connects; raises SourceError where that fails."""

    def read(self) -> NDArray[np.uint8] | Picture:
        """Waits for the next frame: uint8 RGB (height, width, 3), or what decodes into that.

        Raises:
            ImageError: this frame has failed; the next one may be whole.
            SourceError: the connection is lost.
            EndOfStream: there is no more to come, ever.
        """

    def close(self) -> None:
        """Frees the connection; called by the thread that read."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What is possible when a connection is lost.

    Attributes:
        holds_device: whether one connection at a time can have the device, so that the next one needs the last one's
            thread to have ended.
        attempts: after so many new connections that give no frame this process gives the device up, and a new process
            may have it; None tries for ever.
    """

    holds_device: bool = False
    attempts: int | None = None


class ConfiguredConnection(Connection):
    """A connection that takes options, or may hold a device; it is built with its address and the options' values.

    The values of ``stall`` and ``open`` are always there, in seconds: no call may block for longer. So is ``policy``;
    with "every" no picture may be skipped.
    """

    OPTIONS: ClassVar[tuple[SourceOption, ...]] = ()
    RECOVERY: ClassVar[Recovery] = Recovery()

    def __init__(self, address: str, options: Mapping[str, Any]) -> None: ...
