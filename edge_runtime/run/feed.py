"""Feed: a source, what its kind means for a run, and how its frames are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import TypeVar

from edge_runtime.contracts.results import SourceChange
from edge_runtime.sources import FileSet, FrameCounts, Item, LiveSource, Read, Recording, Source

READ_AHEAD = 2  # frames made ready, or being made so, while another is classified

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Feed:
    """What a run knows of its source. Nobody else asks for a source's kind.

    Attributes:
        source: where frames come from.
        counts: what becomes of them; a live source keeps some of these itself.
        is_live: whether frames come by themselves.
        frame_rate: of a recording; None where there is none, or it is not known.
        files: what reads each file of a set, in any thread; None for any other source.
        stall_seconds: how long a live source waits for a frame before it does something about it.
    """

    source: Source
    counts: FrameCounts
    is_live: bool = False
    frame_rate: float | None = None
    files: Sequence[Read] | None = None
    stall_seconds: float = 0.0

    @classmethod
    def of(cls, source: Source) -> Feed:
        """The feed of ``source``, whatever its kind."""
        if isinstance(source, LiveSource):
            return cls(source, source.counts, is_live=True, stall_seconds=source.stall_seconds)
        if isinstance(source, FileSet):
            return cls(source, FrameCounts(), files=source.reads())
        if isinstance(source, Recording):
            return cls(source, FrameCounts(), frame_rate=source.frame_rate)
        return cls(source, FrameCounts())

    @property
    def gains_by_reading_ahead(self) -> bool:
        """Whether there is a second frame that could be read while the first is classified."""
        return not self.is_live and (self.files is None or len(self.files) > 1)

    def tell_of_changes(self, tell: Callable[[SourceChange], None]) -> None:
        """Lets ``tell`` be called where a live source is lost, and where it is back."""
        if isinstance(self.source, LiveSource):
            self.source.tell = tell

    def reads(self) -> Iterator[Read]:
        """What gives each frame to the thread that classifies it."""
        return map(_giver, self.source) if self.files is None else iter(self.files)

    def reads_ahead(self, prepare: Callable[[Item], T], stack: ExitStack) -> Iterator[Callable[[], T]]:
        """What gives each frame, read and prepared in another thread, which ends with ``stack``."""
        from edge_runtime.run.ahead import in_order  # here: one picture needs no threads

        following: Iterable[Callable[[], Item | None]] = (
            repeat(partial(next, iter(self.source), None)) if self.files is None else self.files
        )
        prepared = in_order((partial(_read, read, prepare) for read in following), 1, READ_AHEAD, stack)
        return map(_giver, _until_none(prepared))


def _giver(item: T) -> Callable[[], T]:
    return lambda: item


def _read(read: Callable[[], Item | None], prepare: Callable[[Item], T]) -> T | None:
    item = read()
    return None if item is None else prepare(item)


def _until_none(items: Iterator[T | None]) -> Iterator[T]:
    for item in items:
        if item is None:
            return
        yield item
