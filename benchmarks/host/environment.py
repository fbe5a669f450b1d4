"""What a measurement was made on. What a machine does not tell is absent (None), never guessed."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge_runtime.board import Machine, read_celsius, read_number, read_text, read_throttling
from edge_runtime.console.command import tool_version
from edge_runtime.contracts.version import DISTRIBUTION

_PACKAGES = (
    "numpy",
    "pillow",
    "ai-edge-litert",
    "tflite-runtime",
    "keras",
    "tensorflow",
    "jax",
    "opencv-python",
    "opencv-python-headless",
)
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
        throttled: what the firmware says of throttling: "none since the start".
        load_1m: the load average of the last minute.
        affinity: the numbers of the CPUs this process may use.
    """

    governor: str | None
    frequency_mhz: float | None
    temperature_c: float | None
    throttled: str | None
    load_1m: float | None
    affinity: tuple[int, ...] = ()

    @property
    def is_busy(self) -> bool:
        """Whether, before a run, more than one process kept this machine at work for the last minute."""
        return self.load_1m is not None and self.load_1m > _BUSY_LOAD


def read_host(root: Path = Path("/")) -> Host:
    """Describes this machine; ``root`` is where its ``/proc`` lies."""
    machine = _machine(root)
    memory_kib = read_number(machine.proc / "meminfo", r"^MemTotal:\s+(\d+) kB$")
    return Host(
        name=platform.node(),
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        board=machine.board,
        cpu_model=_search(r"^model name\s*:\s*(.+)$", machine.proc / "cpuinfo"),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=None if memory_kib is None else memory_kib * 1024 / 1e6,
        python=platform.python_version(),
        versions=_installed_versions(),
    )


def read_condition(root: Path = Path("/")) -> Condition:
    """Reads what may change; ``root`` is where this machine's ``/proc`` and ``/sys`` lie."""
    machine = _machine(root)
    frequency_folder = machine.sys_root / "devices" / "system" / "cpu" / "cpu0" / "cpufreq"
    frequency_khz = read_number(frequency_folder / "scaling_cur_freq")
    load = _search(r"^(\d+\.\d+) ", machine.proc / "loadavg")
    throttling = read_throttling()
    return Condition(
        governor=read_text(frequency_folder / "scaling_governor"),
        frequency_mhz=None if frequency_khz is None else frequency_khz / 1e3,
        temperature_c=read_celsius(machine),
        throttled=None if throttling.unknown else str(throttling),
        load_1m=None if load is None else float(load),
        affinity=tuple(sorted(os.sched_getaffinity(0))),
    )


def _machine(root: Path) -> Machine:
    return Machine(proc=root / "proc", sys_root=root / "sys")


def _installed_versions() -> dict[str, str]:
    found = {DISTRIBUTION: tool_version()}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _search(pattern: str, path: Path) -> str | None:
    """What the first group of ``pattern`` finds in a file."""
    found = re.search(pattern, read_text(path) or "", re.MULTILINE)
    return found[1].strip() if found else None
