"""What a user writes of a file that grows: ``FILE?max=50MB&keep=7&free=200MB``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge_runtime.errors import SinkError

FILE_OPTIONS = (
    "FILE?max=50MB&keep=7&free=200MB: no file above 50 MB, the last 7 beside it, and 200 MB of the disk left free"
)
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}
_MOST_KEPT = 1000
_USUALLY_KEPT = 7


class DiskFullError(SinkError):
    """There is no room; there may be some later."""


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A file, and how much of it is kept.

    Attributes:
        path: of the file.
        max_bytes: what would make it longer begins a new file; None for one file without limit.
        keep: how many earlier files are kept beside it; None keeps all.
        free_bytes: nothing is written while less of the disk is free.
    """

    path: Path
    max_bytes: int | None = None
    keep: int | None = None
    free_bytes: int = 0

    def check_room(self, size: int = 0) -> None:
        """Looks whether there is room for so many bytes.

        Raises:
            DiskFullError: there is none.
        """
        if not (self.free_bytes or size) or not self.path.parent.is_dir():
            return
        disk = os.statvfs(self.path.parent)
        if disk.f_bavail * disk.f_frsize < self.free_bytes + size:
            floor = f"; {_in_words(self.free_bytes)} shall stay free" if self.free_bytes else ""
            raise DiskFullError(f"{self.path}: cannot write: No space left on device{floor}")


def parse_target(sink: str, text: str) -> FileTarget:
    """The target that ``text`` names; a question mark belongs to the name where no ``KEY=VALUE`` follows it.

    Raises:
        SinkError: an option is unknown, or its value is none.
    """
    name, mark, query = text.rpartition("?")
    if not mark or "=" not in query or "/" in query:
        return FileTarget(Path(text))
    pairs = query.split("&")
    said = dict(pair.partition("=")[::2] for pair in pairs)
    if not set(said) <= {"max", "keep", "free"} or len(said) < len(pairs):
        raise SinkError(f"{sink}:{text}: expected {FILE_OPTIONS}")
    try:
        return FileTarget(Path(name), _bytes(said, "max"), _keep(said), _bytes(said, "free") or 0)
    except ValueError as error:
        raise SinkError(f"{sink}:{text}: {error}") from error


def _keep(said: Mapping[str, str]) -> int | None:
    if "keep" not in said:
        return _USUALLY_KEPT if "max" in said else None
    keep = said["keep"]
    if not keep.isdecimal() or int(keep) > _MOST_KEPT:
        raise ValueError(f"keep={keep} is not a whole number within 0..{_MOST_KEPT}")
    return int(keep)


def _bytes(said: Mapping[str, str], key: str) -> int | None:
    if key not in said:
        return None
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,3})?)\s*([A-Za-z]*)", said[key])
    unit = _UNITS.get(match[2].upper()) if match else None
    if match is None or unit is None or float(match[1]) * unit < 1:
        raise ValueError(f"{key}={said[key]} is no size, such as 50MB, 512KiB or 2GB")
    return int(float(match[1]) * unit)


def _in_words(size: int) -> str:
    return f"{size / 1e6:g} MB" if size >= 1e6 else f"{size} bytes"
