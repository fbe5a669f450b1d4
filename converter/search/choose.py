"""Which of the files that passed is delivered. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from converter.candidate import Candidate
from converter.config import ConvertConfig, Preference
from converter.judge import Latency

EQUALLY_FAST = 0.03
"""Files within 3 % of the fastest are equally fast: no one measures less on a machine that does other things, too."""

UNNOTICED_MS = 0.02
"""So much a frame is no reason to take another file; in networks of microseconds the measurement is noise."""

EQUALLY_SMALL = 0.01
"""Files within 1 % of the smallest are equally small: repairs of one file differ in what it says of itself alone."""


def choose_as_asked(config: ConvertConfig, candidates: Sequence[Candidate]) -> tuple[Candidate | None, str]:
    """The candidate to deliver, and why: of ``auto`` the best, else the one that was asked for, where it passed."""
    if config.is_auto:
        return choose(candidates, config.prefer)
    if candidates and candidates[-1].gate.passed:
        return candidates[-1], "it was asked for, and keeps the limits"
    return None, "it breaks a limit"


def choose(candidates: Sequence[Candidate], prefer: Preference) -> tuple[Candidate | None, str]:
    """The best candidate that passed, and why it is the best; None where none passed.

    For latency: the smallest among the fastest, and never one that is slower than float32. For size: the smallest. Of
    equally small ones the one with the most answers of the float model.

    Args:
        candidates: float32 among them; their latencies were measured in turns with its.
        prefer: what counts first.
    """
    passed = [candidate for candidate in candidates if candidate.gate.passed]
    if not passed:
        return None, "nothing that was tried keeps the limits"
    smallest_first = sorted(passed, key=lambda candidate: candidate.size_bytes)
    if prefer == "size":
        return _best_of_the_smallest(smallest_first), "the smallest that keeps the limits"
    allowed = [candidate for candidate in smallest_first if not is_slower(candidate.latency)] or smallest_first
    fastest = min((candidate.latency for candidate in allowed), key=lambda latency: latency.ratio)
    quick = [candidate for candidate in allowed if is_as_fast(candidate.latency, fastest)]
    return _best_of_the_smallest(quick), (
        "the smallest of the fastest that keep the limits "
        f"(within {EQUALLY_FAST:.0%} or {UNNOTICED_MS:g} ms, or what the measurement leaves open)"
    )


def _best_of_the_smallest(smallest_first: Sequence[Candidate]) -> Candidate:
    """Of files that are as small as the first, the one with the most answers of the float model."""
    most = smallest_first[0].size_bytes * (1 + EQUALLY_SMALL)
    small = [candidate for candidate in smallest_first if candidate.size_bytes <= most]
    return max(small, key=lambda candidate: candidate.gate.agreement or 0.0)


def is_as_fast(latency: Latency, fastest: Latency) -> bool:
    """Whether a file is as fast as the fastest, as far as the measurement tells."""
    return (
        latency.ratio <= fastest.ratio * (1 + EQUALLY_FAST)
        or latency.ratio_interval[0] <= fastest.ratio_interval[1]
        or latency.p50 - fastest.p50 <= UNNOTICED_MS
    )


def is_slower(latency: Latency) -> bool:
    """Whether a file surely takes longer than float32, by more than what counts as equally fast."""
    longer_ms = latency.p50 * (1 - 1 / latency.ratio) if latency.ratio else 0.0
    return latency.ratio_interval[0] > 1.0 + EQUALLY_FAST and longer_ms > UNNOTICED_MS
