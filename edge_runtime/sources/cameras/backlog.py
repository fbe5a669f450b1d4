"""Backlog: how far reading is behind a camera that does not wait, by the clock alone."""

from __future__ import annotations

_USUAL_RATE = 25.0  # of a stream that does not tell its own
_FASTEST_RATE = 240.0
_WAITED_SHARE = 0.5
_MOST_SKIPPED = 250


class Backlog:
    """Adds up by how much each frame came later than the camera's rate allows.

    A frame that had to be waited for is a new one, so nothing waits behind it. One that was there at once has lain in a
    buffer; where reading is more than one frame behind, the next one lies there too.
    """

    def __init__(self, frame_rate: float) -> None:
        self._interval = 1 / (frame_rate if 0 < frame_rate <= _FASTEST_RATE else _USUAL_RATE)
        self._behind = 0.0
        self._last: float | None = None
        self._skipped = 0

    def grows_after(self, asked: float, came: float) -> bool:
        """Whether a newer frame waits behind one that was asked for and came at these times, in seconds."""
        since_last = self._interval if self._last is None else came - self._last
        self._last = came
        waited = came - asked >= _WAITED_SHARE * self._interval
        self._behind = 0.0 if waited else max(0.0, self._behind + since_last - self._interval)
        waits = self._behind > self._interval and self._skipped < _MOST_SKIPPED
        self._skipped = self._skipped + 1 if waits else 0
        return waits
