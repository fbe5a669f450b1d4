"""Which frames of a camera are passed over, by a clock of our own."""

import pytest

from edge_runtime.sources.cameras.backlog import Backlog

GRAB = 0.002


def simulate(told: float, real: float, decoding: float, buffers: int, seconds: float = 20.0) -> tuple[int, int, float]:
    """How many frames were shown and passed over, and the greatest age of one when it was shown, after a second.

    Args:
        told: the rate that the camera tells.
        real: the rate that it has.
        decoding: seconds that each shown frame takes.
        buffers: frames that wait; the oldest is written over.
        seconds: how long it goes on.
    """
    backlog, now, taken = Backlog(told), 0.0, 0
    shown, passed, oldest = 0, 0, 0.0
    while now < seconds:
        asked = now
        taken = max(taken, int(now * real) - buffers) + 1
        now = max(now, taken / real) + GRAB
        if backlog.grows_after(asked, now):
            passed += 1
            continue
        shown += 1
        oldest = max(oldest, now - taken / real) if now > 1 else 0.0
        now += decoding
    return shown, passed, oldest


@pytest.mark.parametrize(
    ("told", "real", "decoding"),
    [
        (30, 30, 0.003), (30, 30, 0.020), (30, 30, 0.028),  # it keeps pace, just so
        (30, 15, 0.003), (30, 5, 0.100),  # slower than it tells, as in the dark
        (0, 25, 0.010), (0, 5, 0.010), (100_000, 25, 0.010),  # it tells nothing, or nonsense
        (120, 120, 0.002),
    ],
)  # fmt: skip
def test_where_decoding_keeps_pace_nothing_is_passed_over(told: float, real: float, decoding: float) -> None:
    shown, passed, _ = simulate(told, real, decoding, buffers=4)
    assert passed == 0
    assert shown == pytest.approx(20 * real, rel=0.02)


@pytest.mark.parametrize("buffers", [4, 1000])
@pytest.mark.parametrize(("rate", "decoding"), [(25, 0.1), (30, 0.04), (30, 0.25), (60, 0.1), (25, 1.0)])
def test_where_decoding_is_slow_new_frames_are_shown_and_decoding_never_waits_long(
    rate: float, decoding: float, buffers: int
) -> None:
    shown, passed, oldest = simulate(rate, rate, decoding, buffers)
    assert oldest <= 2.2 / rate
    assert passed > 0
    assert shown >= 0.95 * 20 / (decoding + 1.5 / rate)
