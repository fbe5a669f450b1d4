"""The harness with a clock of our own: what it reports is arithmetic, and a clock that lies is found out."""

from collections.abc import Callable

import pytest

from benchmarks.measure.harness import measure, measure_camera
from benchmarks.settings import HarnessSettings, RunSettings
from benchmarks.stats.summary import summarize
from edge_runtime.contracts.errors import ContractError
from edge_runtime.model import UserSays

MS = 1_000_000
S = 1000 * MS


class FakeClock:
    """Stands still unless told to move."""

    def __init__(self) -> None:
        self.now = 123 * S

    def __call__(self) -> int:
        return self.now


def call_taking(clock: FakeClock, durations: list[int]) -> Callable[[], int]:
    """Each call moves the clock by the next duration, again from the start after the last, and returns half of it."""
    made = 0

    def call() -> int:
        nonlocal made
        duration = durations[made % len(durations)]
        made += 1
        clock.now += duration
        return duration // 2

    return call


def settings(**changes: float) -> HarnessSettings:
    return HarnessSettings(**{"min_seconds": 0.001, "min_count": 6, "warm_up": 0, "max_seconds": 10.0, **changes})


def test_samples_are_exactly_what_the_clock_said_in_order() -> None:
    clock = FakeClock()
    durations = [3 * MS, 1 * MS, 7 * MS, 2 * MS, 5 * MS, 4 * MS]
    measurement = measure(call_taking(clock, durations), settings(), clock)
    assert measurement.samples_ns == tuple(durations)
    assert measurement.inner_ns == tuple(duration // 2 for duration in durations)
    assert measurement.elapsed_ns == 22 * MS
    assert measurement.invalid_reason is None


def test_warm_up_calls_are_made_and_not_counted() -> None:
    clock = FakeClock()
    durations = [100 * MS, 90 * MS, 1 * MS, 2 * MS]
    measurement = measure(call_taking(clock, durations), settings(warm_up=2, min_count=2), clock)
    assert measurement.samples_ns == (1 * MS, 2 * MS)
    assert measurement.inner_ns == (MS // 2, 1 * MS)


def test_two_more_milliseconds_in_each_call_are_two_more_in_every_figure() -> None:
    durations = [3 * MS, 1 * MS, 7 * MS, 2 * MS, 5 * MS, 4 * MS]
    found = []
    for extra in (0, 2 * MS):
        clock = FakeClock()
        found.append(measure(call_taking(clock, [ns + extra for ns in durations]), settings(), clock).samples_ns)
    before, after = found
    assert [late - early for early, late in zip(before, after, strict=True)] == [2 * MS] * 6
    early, late = summarize([before]), summarize([after])
    assert late.p50 - early.p50 == pytest.approx(2, abs=1e-9)
    assert late.mean - early.mean == pytest.approx(2, abs=1e-9)
    assert late.std == pytest.approx(early.std, abs=1e-9)


@pytest.mark.parametrize(
    ("min_seconds", "min_count", "expected"),
    [(0.1, 3, 10), (0.1, 25, 25), (0.1, 10, 10), (0.105, 2, 11)],
    ids=["time decides", "count decides", "both at once", "time is rounded up"],
)
def test_it_stops_as_soon_as_both_minimums_are_met(min_seconds: float, min_count: int, expected: int) -> None:
    clock = FakeClock()
    chosen = settings(min_seconds=min_seconds, min_count=min_count)
    measurement = measure(call_taking(clock, [10 * MS]), chosen, clock)
    assert measurement.samples_ns == (10 * MS,) * expected
    assert measurement.invalid_reason is None


def test_too_few_samples_within_the_limit_are_invalid_and_kept() -> None:
    clock = FakeClock()
    measurement = measure(call_taking(clock, [1 * S]), settings(min_count=200, max_seconds=5.0), clock)
    assert measurement.invalid_reason == "5 samples within 5 s; 200 are needed"
    assert measurement.samples_ns == (1 * S,) * 5


def test_a_clock_that_jumps_ahead_makes_no_valid_run_of_too_few_samples() -> None:
    clock = FakeClock()
    measurement = measure(call_taking(clock, [1 * MS, 3600 * S]), settings(min_count=50), clock)
    assert measurement.invalid_reason == "2 samples within 10 s; 50 are needed"


def test_a_clock_that_goes_back_during_a_call_is_invalid_and_its_samples_are_dropped() -> None:
    clock = FakeClock()
    measurement = measure(call_taking(clock, [MS, MS, -5]), settings(), clock)
    assert measurement.invalid_reason == "the clock went back by 5 ns, after 2 samples"
    assert measurement.samples_ns == ()
    assert measurement.inner_ns == ()


def test_a_clock_that_goes_back_between_calls_is_invalid() -> None:
    readings = iter([0, 10, 20, 13, 30])
    measurement = measure(lambda: 0, settings(), lambda: next(readings))
    assert measurement.invalid_reason == "the clock went back by 7 ns, after 1 samples"


def test_a_clock_that_stands_still_is_invalid_and_does_not_hang() -> None:
    clock = FakeClock()
    measurement = measure(call_taking(clock, [MS, MS, MS, 0]), settings(), clock)
    assert measurement.invalid_reason == "the clock stood still during a call, after 3 samples"


@pytest.mark.parametrize(
    ("call_ms", "ages_ms", "dropped"),
    [
        (30, [30, 30, 30, 30], 0),  # faster than the frames come: each is as old as its call
        (100, [100, 100, 100, 100], 0),
        (130, [130, 160, 190, 220], 0),  # slower: each is taken later, until one is missed
        (250, [250, 300, 250, 300], 4),
    ],
)
def test_a_camera_gives_the_newest_frame_and_counts_the_others(call_ms: int, ages_ms: list[int], dropped: int) -> None:
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        assert seconds > 0
        clock.now += round(seconds * S)

    chosen = settings(min_seconds=0.0001, min_count=4)
    found = measure_camera(call_taking(clock, [call_ms * MS]), chosen, fps=10.0, clock=clock, sleep=sleep)
    assert [age / MS for age in found.age_ns] == ages_ms
    assert (found.dropped, found.arrived) == (dropped, 4 + dropped)
    assert found.samples_ns == (call_ms * MS,) * 4


def test_a_camera_whose_sleep_ends_early_still_waits_for_the_frame() -> None:
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        clock.now += max(1, round(seconds * S) // 2)

    found = measure_camera(call_taking(clock, [MS]), settings(min_count=5), fps=10.0, clock=clock, sleep=sleep)
    assert found.age_ns == (MS,) * 5
    assert found.dropped == 0


def test_a_camera_with_a_clock_that_goes_back_is_invalid() -> None:
    clock = FakeClock()
    found = measure_camera(call_taking(clock, [MS, -5]), settings(), fps=1000.0, clock=clock, sleep=lambda _: None)
    assert found.invalid_reason == "the clock went back by 5 ns, after 1 samples"
    assert (found.samples_ns, found.age_ns) == ((), ())


def test_rounds_together_ask_for_what_one_would() -> None:
    share = settings(min_seconds=6.0, min_count=200, max_seconds=60.0).share(3)
    assert (share.min_seconds, share.min_count, share.max_seconds) == (2.0, 67, 20.0)
    assert settings(min_count=2).share(20).min_count == 2


def test_an_error_in_the_call_is_not_swallowed() -> None:
    def call() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        measure(call, settings(warm_up=0))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"min_seconds": 0.0}, "min_seconds"),
        ({"min_seconds": float("nan")}, "min_seconds"),
        ({"max_seconds": float("inf")}, "max_seconds"),
        ({"max_seconds": 601.0}, "max_seconds"),
        ({"min_seconds": 2.0, "max_seconds": 1.0}, "max_seconds 1.0 is less than min_seconds 2.0"),
        ({"min_count": 1}, "min_count"),
        ({"warm_up": -1}, "warm_up"),
    ],
)
def test_impossible_harness_settings_are_refused(changes: dict[str, float], named: str) -> None:
    with pytest.raises(ContractError, match=named):
        settings(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"models": ()}, "models: there are none"),
        ({"backends": ()}, "backends: there are none"),
        ({"threads": (1, 2, 1)}, "threads: one stands twice"),
        ({"threads": (0,)}, "threads 0"),
        ({"threads": (4096,)}, "threads 4096"),
    ],
)
def test_impossible_runs_are_refused(changes: dict[str, tuple[object, ...]], named: str) -> None:
    with pytest.raises(ContractError, match=named):
        RunSettings(**{"models": ("m.tflite",), "options": UserSays(), **changes})
