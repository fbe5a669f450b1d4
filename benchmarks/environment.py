"""What a measurement was made on. What a machine does not tell is absent (None), never guessed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "edge-deploy-kit",
    "numpy",
    "pillow",
    "ai-edge-litert",
    "tflite-runtime",
    "opencv-python",
    "opencv-python-headless",
)
_VCGENCMD_SECONDS = 5
_BUSY_LOAD = 1.0


@dataclass(frozen=True, slots=True)
class Host:
    """What stays the same during a run.

    Attributes:
        board: what the device tree says: "Raspberry Pi 4 Model B Rev 1.4".
        cores: how many this process may use.
        memory_mb: of the machine, in 10^6 bytes.
        versions: package name to version, of those installed here.
    """

    name: str
    system: str
    machine: str
    board: str | None
    cpu_model: str | None
    cores: int
    memory_mb: float | None
    python: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Condition:
    """What may change during a run; taken before and after it.

    Attributes:
        governor: of CPU 0.
        frequency_mhz: of CPU 0.
        temperature_c: of thermal zone 0.
        throttled: what ``vcgencmd get_throttled`` says: "0x0" for never since it was started.
        load_1m: the load average of the last minute.
    """

    governor: str | None
    frequency_mhz: float | None
    temperature_c: float | None
    throttled: str | None
    load_1m: float | None

    @property
    def is_busy(self) -> bool:
        """Whether, before a run, more than one process kept this machine at work for the last minute."""
        return self.load_1m is not None and self.load_1m > _BUSY_LOAD


def read_host(root: Path = Path("/")) -> Host:
    """Describes this machine; ``root`` is where its ``/proc`` lies."""
    memory_kib = _number(root / "proc/meminfo", r"^MemTotal:\s+(\d+) kB$")
    return Host(
        name=platform.node(),
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        board=_text(root / "proc/device-tree/model"),
        cpu_model=_search(r"^model name\s*:\s*(.+)$", _text(root / "proc/cpuinfo")),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=None if memory_kib is None else memory_kib * 1024 / 1e6,
        python=platform.python_version(),
        versions=_installed_versions(),
    )


def read_condition(root: Path = Path("/")) -> Condition:
    """Reads what may change; ``root`` is where this machine's ``/proc`` and ``/sys`` lie."""
    frequency_khz = _number(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
    temperature_mc = _number(root / "sys/class/thermal/thermal_zone0/temp")
    return Condition(
        governor=_text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        frequency_mhz=None if frequency_khz is None else frequency_khz / 1e3,
        temperature_c=None if temperature_mc is None else temperature_mc / 1e3,
        throttled=_throttled(),
        load_1m=_number(root / "proc/loadavg", r"^(\d+\.\d+) "),
    )


def _throttled() -> str | None:
    command = shutil.which("vcgencmd")
    if command is None:
        return None
    try:
        done = subprocess.run([command, "get_throttled"], capture_output=True, text=True, timeout=_VCGENCMD_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _search(r"throttled=(0x[0-9a-fA-F]+)", done.stdout)


def _installed_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _text(path: Path) -> str | None:
    """A file's text without blanks and NULs at its ends; None where it cannot be read or is empty."""
    try:
        return path.read_text("utf-8", "replace").strip("\0 \n\t") or None
    except OSError:
        return None


def _number(path: Path, pattern: str = r"^(-?\d+)$") -> float | None:
    """The number that ``pattern`` finds in a file; drivers also write words there, "<unknown>" say."""
    found = _search(pattern, _text(path))
    return None if found is None else float(found)


def _search(pattern: str, text: str | None) -> str | None:
    found = re.search(pattern, text or "", re.MULTILINE)
    return found[1].strip() if found else None
