"""Whether a run gets on, by a clock of the test's own."""

import math

from edge_runtime.sources import FrameCounts, Liveness, Patience


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def looked(counts: FrameCounts, patience: Patience) -> tuple[Liveness, Clock]:
    clock = Clock()
    return Liveness(counts, patience, clock), clock


def test_a_frame_that_is_under_way_for_too_long_is_told_until_something_becomes_of_it() -> None:
    counts = FrameCounts(produced=1)
    liveness, clock = looked(counts, Patience(result=20))
    clock.now += 20
    assert liveness.look() == ""
    clock.now += 1
    assert liveness.look() == "a frame has been under way for 21 s"
    counts.produced, counts.dropped = 9, 8  # newer frames that nobody takes are no progress
    assert liveness.look() == "a frame has been under way for 21 s"
    counts.failed = 1
    assert liveness.look() == ""


def test_waiting_for_a_slow_source_is_no_hanging() -> None:
    counts = FrameCounts(produced=1, delivered=1)
    liveness, clock = looked(counts, Patience(result=20))
    for _ in range(5):
        clock.now += 60
        assert liveness.look() == ""
    counts.produced = 2  # and then a frame that has only just come
    assert liveness.look() == ""


def test_a_source_may_be_silent_for_so_long_and_no_longer() -> None:
    counts = FrameCounts()
    liveness, clock = looked(counts, Patience(silence=900))
    clock.now += 900
    assert liveness.look() == ""
    clock.now += 1
    assert liveness.look() == "no frame for 901 s"
    counts.produced = counts.dropped = 1
    assert liveness.look() == ""
    assert Patience().silence == math.inf
