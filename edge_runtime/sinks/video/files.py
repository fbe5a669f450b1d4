"""The names of a video's files: which comes next, and which are old enough to go."""

from __future__ import annotations

import re
import time
from pathlib import Path

from edge_runtime.console.command import logger
from edge_runtime.errors import SinkError

_DIGITS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "j": 3}
"""Codes of strftime that become digits, and how many."""


def is_family_known(name: str) -> bool:
    """Whether one can tell from their names which files come of ``name``: its codes are those of digits."""
    return all(code in _DIGITS for code in re.findall("%(.)", name))


def free_name(wanted: Path) -> Path:
    """``wanted``, or behind it and its followers FILE-2, FILE-3 and so on the next: numbers follow time."""
    follower = re.compile(re.escape(wanted.stem) + r"-(\d{1,9})" + re.escape(wanted.suffix))
    beside = [path.name for path in wanted.parent.iterdir()] if wanted.parent.is_dir() else []
    taken = [int(found[1]) for name in beside if (found := follower.fullmatch(name))]
    if not taken and not wanted.exists():
        return wanted
    path = wanted.with_stem(f"{wanted.stem}-{max([1, *taken]) + 1}")
    logger.info("%s was written already; writing %s", wanted, path)
    return path


def remove_old(target: Path, present: Path, keep: int) -> None:
    """Removes the oldest files of a target, so that ``keep`` stay beside the present one.

    Args:
        target: as the user named it, with its codes of time in the file's name.
        present: is left alone.
        keep: how many others stay.

    Raises:
        SinkError: one cannot be removed.
    """
    is_ours = _pattern(target.name)
    folder = present.parent
    others = [path for path in folder.iterdir() if is_ours.fullmatch(path.name) and path != present and path.is_file()]
    others.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in others[: max(0, len(others) - keep)]:
        try:
            path.unlink()
        except OSError as error:
            raise SinkError(f"{path}: cannot be removed: {error.strerror}") from error
        logger.info("%s removed; %d files are kept beside %s", path, keep, present)


def present_name(target: Path) -> Path:
    """The target's name with the time in place of its codes."""
    return Path(time.strftime(str(target)))


def _pattern(name: str) -> re.Pattern[str]:
    stem, suffix = Path(name).stem, Path(name).suffix
    parts = re.split("%(.)", stem)
    known = [rf"\d{{{_DIGITS[part]}}}" if number % 2 else re.escape(part) for number, part in enumerate(parts)]
    return re.compile(f"{''.join(known)}(-\\d+)?{re.escape(suffix)}")
