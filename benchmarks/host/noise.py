"""Finds out whether figures can be trusted to come out again: on a busy or throttled machine they do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.host.environment import Condition
from benchmarks.measure import Measured
from benchmarks.stats import drift

MAX_SPREAD = 1.10
"""By what factor the medians of rounds may differ."""

_MAX_DRIFT = 1.10
_LEAST_CPU_SHARE = 0.95
_HOTTER_C = 15.0


def row_noise(rounds: Sequence[Measured], threads: int) -> tuple[str, ...]:
    """Why the figures of a row may differ from another run's, one clause each.

    Args:
        rounds: the row's, each with samples.
        threads: of the row; with one, the main thread does all the work and is expected to have a core.
    """
    found = []
    medians = round_medians_ms(rounds)
    spread = max(medians) / min(medians) if min(medians) > 0 else float("inf")
    if spread > MAX_SPREAD:
        found.append(f"the medians of {len(rounds)} rounds lie within a factor of {spread:.2f}")
    drifted = furthest_drift(rounds)
    if not 1 / _MAX_DRIFT <= drifted <= _MAX_DRIFT:
        found.append(f"within a round the median drifted by a factor of {drifted:.2f}")
    share = least_cpu_share(rounds)
    if threads == 1 and share is not None and share < _LEAST_CPU_SHARE:
        found.append(f"it had a core for only {share:.0%} of the time; other work runs here")
    return tuple(found)


def round_medians_ms(rounds: Sequence[Measured]) -> tuple[float, ...]:
    """The end-to-end median of each round."""
    return tuple(float(np.median(measured.end_to_end_ns)) / 1e6 for measured in rounds)


def furthest_drift(rounds: Sequence[Measured]) -> float:
    """The drift within a round that is the furthest from 1."""
    return max((drift(measured.end_to_end_ns) for measured in rounds), key=lambda value: max(value, 1 / value))


def least_cpu_share(rounds: Sequence[Measured]) -> float | None:
    """The least share of a round's time for which the main thread had a core."""
    return min((measured.cpu_share for measured in rounds if measured.cpu_share is not None), default=None)


def machine_noise(before: Condition, after: Condition) -> tuple[str, ...]:
    """What the machine says of itself that makes a run's figures doubtful, one sentence each."""
    found = []
    if before.is_busy:
        found.append(f"The machine was busy before the run (load average {before.load_1m:.2f}).")
    if after.throttled is not None and (
        "now" in after.throttled or after.throttled != (before.throttled or after.throttled)
    ):
        found.append(f"The board slowed itself down: {after.throttled}.")
    if None not in (before.temperature_c, after.temperature_c):
        rise = (after.temperature_c or 0.0) - (before.temperature_c or 0.0)
        if rise > _HOTTER_C:
            found.append(f"The processor grew hotter by {rise:.0f} °C, to {after.temperature_c:.0f} °C.")
    if before.governor == "powersave":
        found.append("The governor is powersave: the frequency may be anything.")
    return tuple(found)
