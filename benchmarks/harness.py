"""The harness: calls something again and again and keeps how long each call took. It knows nothing of models.

After MLPerf's LoadGen (https://github.com/mlcommons/inference/tree/master/loadgen): a run is valid only if a minimum
duration and a minimum count were both met. Calls follow one another (LoadGen's single-stream scenario).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns

from benchmarks.settings import HarnessSettings

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """What came out.

    Attributes:
        samples_ns: how long each measured call took, in order.
        inner_ns: what each of these calls returned.
        elapsed_ns: from just before the first measured call to the end of the last.
        invalid_reason: why the figures may not be published; None for a valid run.
    """

    samples_ns: tuple[int, ...]
    inner_ns: tuple[int, ...]
    elapsed_ns: int
    invalid_reason: str | None


def measure(
    call: Callable[[], int], settings: HarnessSettings, clock: Callable[[], int] = perf_counter_ns
) -> Measurement:
    """Warms up, then calls until both minimums are met, or until ``settings.max_seconds`` have passed.

    Args:
        call: does the work once and returns the nanoseconds that the part of it one also wants to know took.
        settings: minimum time and count, warm-up and limit.
        clock: nanoseconds that never go back. A clock that does, or that stands still during a call, makes the run
            invalid and all its samples worthless: none is returned.
    """
    for _ in range(settings.warm_up):
        call()
    samples, inner = array("q"), array("q")
    enough_ns, limit_ns = settings.min_seconds * _NS_PER_S, settings.max_seconds * _NS_PER_S
    elapsed = 0
    first = last = clock()
    while (len(samples) < settings.min_count or elapsed < enough_ns) and elapsed < limit_ns:
        start = clock()
        part = call()
        end = clock()
        fault = _clock_fault(last, start, end)
        if fault is not None:
            return Measurement((), (), 0, f"{fault}, after {len(samples)} samples")
        samples.append(end - start)
        inner.append(part)
        last = end
        elapsed = end - first
    return Measurement(tuple(samples), tuple(inner), elapsed, _shortage(len(samples), settings))


def _clock_fault(last: int, start: int, end: int) -> str | None:
    """What three readings in a row say against the clock."""
    if start < last or end < start:
        return f"the clock went back by {max(last - start, start - end)} ns"
    if end == start:
        return "the clock stood still during a call"
    return None


def _shortage(count: int, settings: HarnessSettings) -> str | None:
    """Which minimum the limit of time cut off: it can only be the count, since the limit is not below the duration."""
    if count < settings.min_count:
        return f"{count} samples within {settings.max_seconds:g} s; {settings.min_count} are needed"
    return None
