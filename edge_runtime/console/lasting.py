"""What stderr gets of a run that lasts: a line of a kind once a minute, with the time where nobody else notes it."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable

from edge_runtime.console.command import logger

SECONDS_BETWEEN = 60.0
_MOST_KINDS = 256
_LONGEST_KEY = 300


def log_sparingly(program: str, *, with_time: bool) -> None:
    """Makes stderr fit for a run that may last; the first line of a kind is there at once. Debugging shows all lines.

    Args:
        program: whose lines they are.
        with_time: whether they get the time, unless a terminal or the journal reads them.
    """
    for handler in logging.getLogger().handlers:
        if not logger.isEnabledFor(logging.DEBUG):
            handler.addFilter(Sparing())
        if with_time and not (sys.stderr.isatty() or _goes_to_the_journal()):
            handler.setFormatter(logging.Formatter(f"%(asctime)s {program}: %(message)s"))


class Sparing(logging.Filter):
    """Lets a warning or an error of a kind through once a minute, with the number of those left out before it.

    Of one kind are lines that differ in numbers alone.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._kinds: dict[str, tuple[float, int]] = {}  # when the last one was said, and how many were not since

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is said."""
        if record.levelno < logging.WARNING:
            return True
        key, now = _kind(record), self._clock()
        said_at, left_out = self._kinds.pop(key, (now - SECONDS_BETWEEN, 0))
        if now - said_at < SECONDS_BETWEEN:
            self._kinds[key] = said_at, left_out + 1
            return False
        if left_out:
            record.msg, record.args = f"{record.getMessage()} (and {left_out} more like this before it)", None
        self._kinds[key] = now, 0
        while len(self._kinds) > _MOST_KINDS:
            self._kinds.pop(next(iter(self._kinds)))
        return True


def _kind(record: logging.LogRecord) -> str:
    args = record.args if isinstance(record.args, tuple) else (record.args,)
    texts = [str(each) for each in args if not isinstance(each, int | float)]
    return "|".join((record.name, str(record.levelno), str(record.msg), *texts))[:_LONGEST_KEY]


def _goes_to_the_journal() -> bool:
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
