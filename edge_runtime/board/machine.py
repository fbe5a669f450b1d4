"""Machine: where the doctor looks, and how it reads what the kernel says there."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from edge_runtime.contracts.errors import ContractError


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that is looked at: by default the one this runs on.

    Attributes:
        proc: where /proc is mounted; likewise ``sys_root`` and ``dev``.
        folder: the disk that holds it is checked; by default where results are written, the current folder.
        prefix: of the Python environment; it differs from ``base_prefix`` in a virtual environment.
        python: its version.
        bits: of the Python, 32 or 64; a 64-bit kernel may run a 32-bit one.
        child_seconds: how long a child process may take to try one package.

    Raises:
        ContractError: a value is impossible.
    """

    proc: Path = Path("/proc")
    sys_root: Path = Path("/sys")
    dev: Path = Path("/dev")
    folder: Path = Path()
    prefix: Path = Path(sys.prefix)
    base_prefix: Path = Path(sys.base_prefix)
    python: tuple[int, int, int] = sys.version_info[:3]
    bits: int = 64 if sys.maxsize > 2**32 else 32
    child_seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.bits not in (32, 64):
            raise ContractError(f"bits {self.bits} is neither 32 nor 64")
        if not self.child_seconds > 0:
            raise ContractError(f"child_seconds {self.child_seconds} is not above 0")

    @property
    def board(self) -> str | None:
        """What the device tree says: "Raspberry Pi 4 Model B Rev 1.4"."""
        return read_text(self.proc / "device-tree" / "model")

    @property
    def is_raspberry_pi(self) -> bool:
        """Whether the board says so."""
        return "Raspberry Pi" in (self.board or "")


def read_text(path: Path) -> str | None:
    """A file's text without blanks and NULs at its ends; None where it cannot be read or is empty."""
    try:
        return path.read_text("utf-8", "replace").strip("\0 \n\t") or None
    except OSError:
        return None


def read_number(path: Path, pattern: str = r"^(-?\d+)$") -> int | None:
    """The integer that ``pattern`` finds in a file; drivers also write words there, "<unknown>" say."""
    found = re.search(pattern, read_text(path) or "", re.MULTILINE)
    return int(found[1]) if found else None
