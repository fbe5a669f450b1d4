"""What a run makes of each kind of source."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial

import pytest
from tiny_model import solid_frame

from edge_runtime import Frame
from edge_runtime.run.feed import Feed
from edge_runtime.sources import FileSet, Item, LiveSource, Read, Recording, Source


def frame(index: int) -> Frame:
    return Frame(solid_frame((255, 0, 0)), "here", index, 0, 0)


class Plain:
    def __iter__(self) -> Iterator[Item]:
        return map(frame, range(3))

    def close(self) -> None: ...


class Live(Plain, LiveSource):
    pass


class Clip(Plain, Recording):
    frame_rate = 12.5


class Files(FileSet):
    def __init__(self, count: int) -> None:
        self.count = count

    def reads(self) -> Sequence[Read]:
        return [partial(frame, index) for index in range(self.count)]

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("source", "is_live", "frame_rate", "files", "gains"),
    [
        (Plain(), False, None, None, True),
        (Live(), True, None, None, False),
        (Clip(), False, 12.5, None, True),
        (Files(1), False, None, 1, False),
        (Files(2), False, None, 2, True),
    ],
    ids=["plain", "live", "recording", "one file", "two files"],
)
def test_the_kind_of_a_source_says_what_a_run_does(
    source: Source, is_live: bool, frame_rate: float | None, files: int | None, gains: bool
) -> None:
    feed = Feed.of(source)
    assert feed.source is source
    assert (feed.is_live, feed.frame_rate, feed.gains_by_reading_ahead) == (is_live, frame_rate, gains)
    assert (None if feed.files is None else len(feed.files)) == files
    assert feed.counts.produced == 0


def test_a_live_source_keeps_its_own_counts() -> None:
    source = Live()
    assert Feed.of(source).counts is source.counts


@pytest.mark.parametrize("source", [Plain(), Files(3)], ids=["plain", "files"])
def test_every_frame_comes_once_and_in_order_also_where_it_is_read_ahead(source: Source) -> None:
    feed = Feed.of(source)
    assert [read().index for read in feed.reads()] == [0, 1, 2]
    with ExitStack() as stack:
        ahead = feed.reads_ahead(lambda item: (item.index, threading.get_ident()), stack)
        found = [give() for give in ahead]
    assert [index for index, _ in found] == [0, 1, 2]
    assert threading.get_ident() not in {thread for _, thread in found}
