"""What a user writes of a file that grows: ``FILE?max=50MB&keep=7``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from edge_runtime.errors import SinkError

FILE_OPTIONS = "FILE?max=50MB&keep=7: no file above 50 MB, and the last 7 as FILE.1, FILE.2 and so on"
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}
_MOST_KEPT = 1000
_USUALLY_KEPT = 7


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A file, and how much of it is kept.

    Attributes:
        path: of the file.
        max_bytes: a line that would make it longer begins a new file; None for one file without limit.
        keep: how many earlier files are kept beside it.
    """

    path: Path
    max_bytes: int | None = None
    keep: int = _USUALLY_KEPT


def parse_target(sink: str, text: str) -> FileTarget:
    """The target that ``text`` names; a question mark belongs to the name where no ``KEY=VALUE`` follows it.

    Raises:
        SinkError: an option is unknown, or its value is none.
    """
    name, mark, query = text.rpartition("?")
    if not mark or "=" not in query or "/" in query:
        return FileTarget(Path(text))
    said = dict(pair.partition("=")[::2] for pair in query.split("&"))
    if not set(said) <= {"max", "keep"} or "max" not in said:
        raise SinkError(f"{sink}:{text}: expected {FILE_OPTIONS}")
    keep = said.get("keep", str(_USUALLY_KEPT))
    if not keep.isdecimal() or int(keep) > _MOST_KEPT:
        raise SinkError(f"{sink}:{text}: keep={keep} is not a whole number within 0..{_MOST_KEPT}")
    return FileTarget(Path(name), _bytes(sink, text, said["max"]), int(keep))


def _bytes(sink: str, text: str, size: str) -> int:
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,3})?)\s*([A-Za-z]*)", size)
    unit = _UNITS.get(match[2].upper()) if match else None
    if match is None or unit is None or float(match[1]) * unit < 1:
        raise SinkError(f"{sink}:{text}: max={size} is no size, such as 50MB, 512KiB or 2GB")
    return int(float(match[1]) * unit)
