"""The harness: calls something again and again and keeps how long each call took. It knows nothing of models.

After MLPerf's LoadGen (https://github.com/mlcommons/inference/tree/master/loadgen): a run is valid only if a minimum
duration and a minimum count were both met. Calls follow one another (LoadGen's single-stream and offline scenarios), or
frames arrive at a rate and the newest is taken (a camera's).
"""

from __future__ import annotations

import time
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
        age_ns: of each result, from its frame's arrival; empty unless frames arrive at a rate.
        arrived, dropped: frames, where they arrive at a rate; a dropped one was older than the one taken.
    """

    samples_ns: tuple[int, ...]
    inner_ns: tuple[int, ...]
    elapsed_ns: int
    invalid_reason: str | None
    age_ns: tuple[int, ...] = ()
    arrived: int = 0
    dropped: int = 0


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
    record = _Record(call, settings, clock)
    while record.goes_on():
        if not record.take():
            break
    return record.measurement()


def measure_camera(
    call: Callable[[], int],
    settings: HarnessSettings,
    fps: float,
    clock: Callable[[], int] = perf_counter_ns,
    sleep: Callable[[float], None] = time.sleep,
) -> Measurement:
    """As :func:`measure`, but frames arrive ``fps`` times a second and the newest one is taken.

    A frame that is older than the newest when the call before ends is dropped; where no new one is there, the call
    waits for the next. The clock is asked again after each wait, so a sleep that is late makes results older, and
    a sleep that is early is repeated.

    Args:
        call: as for :func:`measure`.
        settings: as for :func:`measure`.
        clock: as for :func:`measure`.
        fps: frames a second.
        sleep: waits for so many seconds.
    """
    record = _Record(call, settings, clock)
    period_ns = _NS_PER_S / fps
    age, taken, dropped, newest = array("q"), 0, 0, -1
    while record.goes_on():
        arrived = int((clock() - record.first) / period_ns)
        if arrived <= newest:
            sleep(max(0.0, record.first + (newest + 1) * period_ns - clock()) / _NS_PER_S)
            continue
        dropped += arrived - newest - 1
        newest = arrived
        if not record.take():
            break
        age.append(record.last - record.first - round(arrived * period_ns))
        taken += 1
    found = record.measurement()
    if not found.samples_ns:
        return found
    return Measurement(
        found.samples_ns, found.inner_ns, found.elapsed_ns, found.invalid_reason, tuple(age), taken + dropped, dropped
    )


class _Record:
    """The samples so far, and what the clock did."""

    def __init__(self, call: Callable[[], int], settings: HarnessSettings, clock: Callable[[], int]) -> None:
        self._call, self._settings, self._clock = call, settings, clock
        self._samples, self._inner = array("q"), array("q")
        self._fault: str | None = None
        for _ in range(settings.warm_up):
            call()
        self.first = self.last = clock()

    def goes_on(self) -> bool:
        """Whether a minimum is not met yet, and there is time left."""
        elapsed = self.last - self.first
        missing = len(self._samples) < self._settings.min_count or elapsed < self._settings.min_seconds * _NS_PER_S
        return missing and elapsed < self._settings.max_seconds * _NS_PER_S

    def take(self) -> bool:
        """Calls once; False where the clock cannot be trusted."""
        start = self._clock()
        part = self._call()
        end = self._clock()
        fault = _clock_fault(self.last, start, end)
        if fault is not None:
            self._fault = f"{fault}, after {len(self._samples)} samples"
            return False
        self._samples.append(end - start)
        self._inner.append(part)
        self.last = end
        return True

    def measurement(self) -> Measurement:
        """All that was measured."""
        if self._fault is not None:
            return Measurement((), (), 0, self._fault)
        reason = shortage(len(self._samples), self._settings)
        return Measurement(tuple(self._samples), tuple(self._inner), self.last - self.first, reason)


def _clock_fault(last: int, start: int, end: int) -> str | None:
    """What three readings in a row say against the clock."""
    if start < last or end < start:
        return f"the clock went back by {max(last - start, start - end)} ns"
    if end == start:
        return "the clock stood still during a call"
    return None


def shortage(count: int, settings: HarnessSettings) -> str | None:
    """Which minimum the limit of time cut off: it can only be the count, since the limit is not below the duration."""
    if count < settings.min_count:
        return f"{count} samples within {settings.max_seconds:g} s; {settings.min_count} are needed"
    return None
