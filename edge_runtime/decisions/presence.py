"""Which labels count as there: those that a change of mind has not outlasted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from edge_runtime.contracts.errors import ContractError


@dataclass(frozen=True, slots=True)
class Change:
    """A label began or ceased to count as there.

    Attributes:
        index: of the class.
        duration_ns: None where it began; else how long it was seen: from the first frame that showed it to the first
            that did not.
    """

    index: int
    duration_ns: int | None = None


class Presence:
    """Keeps track of labels over time.

    A label counts as there once every frame has shown it for ``min_duration_ns``, and no longer once no frame has for
    as long. A time without frames is neither: whoever knows of one calls ``end``. Times must come from a clock that
    never goes back.
    """

    def __init__(self, min_duration_ns: int = 0) -> None:
        if min_duration_ns < 0:
            raise ContractError(f"minimum duration {min_duration_ns} ns is below 0")
        self._min_duration_ns = min_duration_ns
        self._first_seen: dict[int, int] = {}  # of labels that are shown but do not count as there yet
        self._there: dict[int, int] = {}  # of labels that do: when they were first seen
        self._first_missed: dict[int, int] = {}  # of labels that do, but are not shown

    @property
    def there(self) -> Collection[int]:
        """The classes that count as there."""
        return self._there.keys()

    def update(self, shown: Collection[int], now_ns: int) -> list[Change]:
        """What changed with a frame that shows the classes ``shown``: first what left, then what entered."""
        return self._update_missed(shown, now_ns) + self._update_shown(shown, now_ns)

    def end(self, last_ns: int) -> list[Change]:
        """What left because nobody looked any longer; what was seen but did not count as there yet is forgotten.

        Args:
            last_ns: when the last frame was: nothing is known of the time since then.
        """
        changes = [
            Change(index, self._first_missed.get(index, last_ns) - since_ns) for index, since_ns in self._there.items()
        ]
        for states in (self._there, self._first_seen, self._first_missed):
            states.clear()
        return changes

    def _update_missed(self, shown: Collection[int], now_ns: int) -> list[Change]:
        self._first_seen = {index: since for index, since in self._first_seen.items() if index in shown}
        changes = []
        for index in [index for index in self._there if index not in shown]:
            missed_ns = self._first_missed.setdefault(index, now_ns)
            if now_ns - missed_ns >= self._min_duration_ns:
                changes.append(Change(index, missed_ns - self._there.pop(index)))
                del self._first_missed[index]
        return changes

    def _update_shown(self, shown: Collection[int], now_ns: int) -> list[Change]:
        changes = []
        for index in shown:
            self._first_missed.pop(index, None)
            if index in self._there:
                continue
            seen_ns = self._first_seen.setdefault(index, now_ns)
            if now_ns - seen_ns >= self._min_duration_ns:
                self._there[index] = self._first_seen.pop(index)
                changes.append(Change(index))
        return changes
