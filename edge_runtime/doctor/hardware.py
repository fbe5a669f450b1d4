"""The board: memory, disk, temperature, throttling, the processor's governor."""

from __future__ import annotations

import re
import shutil
import subprocess

from edge_runtime.doctor.findings import Finding
from edge_runtime.doctor.machine import Machine, read_number, read_text

# A lean edge-run on MobileNetV2 peaks at about 60 MB; twice that leaves room for a camera's buffers.
_ENOUGH_MEMORY_MB = 128
_MEMORY_KEYS = ("MemTotal", "MemAvailable")
_ENOUGH_DISK_MB, _LEAST_DISK_MB = 500, 50
# Where the firmware of a Raspberry Pi begins to lower the frequency, by the hardware documentation on frequency
# management and thermal control.
_PI_THROTTLES_C = 80.0
_VCGENCMD_SECONDS = 5
_COOLING = "cool the processor: a heat sink or fan, or a case with openings"

# Bits of ``vcgencmd get_throttled``: what is so now, and 16 higher what has been since the start.
_UNDER_VOLTAGE = 0
_THROTTLED_BITS = {_UNDER_VOLTAGE: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
_SINCE_BOOT = 16


def check_board(machine: Machine) -> Finding:
    """The name of the board."""
    if machine.board is None:
        return Finding("board", "absent", "the machine does not tell")
    return Finding("board", "ok", machine.board)


def check_memory(machine: Machine) -> Finding:
    """Memory in all and free to be used, in 10^6 bytes."""
    total, available = (read_number(machine.proc / "meminfo", rf"^{key}:\s+(\d+) kB$") for key in _MEMORY_KEYS)
    if total is None or available is None:
        return Finding("memory", "absent", "the machine does not tell")
    total_mb, available_mb = (kib * 1024 // 1_000_000 for kib in (total, available))
    detail = f"{available_mb} of {total_mb} MB available"
    if available_mb >= _ENOUGH_MEMORY_MB:
        return Finding("memory", "ok", detail)
    mend = "start without a desktop: sudo systemctl set-default multi-user.target && sudo reboot"
    return Finding("memory", "warning", f"{detail}; edge-run wants {_ENOUGH_MEMORY_MB} MB", mend)


def check_disk(machine: Machine) -> Finding:
    """What is free on the disk that holds the current folder, in 10^6 bytes."""
    folder = machine.folder.resolve()
    try:
        free_mb = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        return Finding("disk", "absent", f"{folder}: the machine does not tell: {error.strerror}")
    detail = f"{free_mb} MB free for {folder}"
    if free_mb >= _ENOUGH_DISK_MB:
        return Finding("disk", "ok", detail)
    mend = "sudo apt-get clean && sudo journalctl --vacuum-size=50M"
    return Finding("disk", "warning" if free_mb >= _LEAST_DISK_MB else "problem", detail, mend)


def check_temperature(machine: Machine) -> Finding:
    """The processor's temperature; the limit is known for a Raspberry Pi only."""
    celsius = read_celsius(machine)
    if celsius is None:
        return Finding("temperature", "absent", "the machine does not tell")
    if celsius >= _PI_THROTTLES_C and machine.is_raspberry_pi:
        detail = f"{celsius:.1f} °C; from {_PI_THROTTLES_C:.0f} °C on the board slows itself down"
        return Finding("temperature", "warning", detail, _COOLING)
    return Finding("temperature", "ok", f"{celsius:.1f} °C")


def read_celsius(machine: Machine) -> float | None:
    """The processor's temperature in degrees Celsius; None where the machine does not tell."""
    millidegrees = read_number(machine.sys_root / "class" / "thermal" / "thermal_zone0" / "temp")
    return None if millidegrees is None else millidegrees / 1000


def check_throttling() -> Finding:
    """Under-voltage, capped frequency and throttling, now and since the start, from ``vcgencmd`` where it is there."""
    command = shutil.which("vcgencmd")
    if command is None:
        return Finding("throttling", "absent", "the machine does not tell: there is no vcgencmd")
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command found on the PATH
            [command, "get_throttled"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VCGENCMD_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("throttling", "absent", f"vcgencmd does not answer: {' '.join(str(error).split())}")
    answer = re.search(rb"throttled=0x([0-9a-fA-F]+)", done.stdout)
    if answer is None:
        said = " ".join((done.stderr or done.stdout).decode("utf-8", "replace").split())
        return Finding("throttling", "absent", f"vcgencmd does not answer: {said or 'it says nothing'}")
    return _decode_throttled(int(answer[1], 16))


def _decode_throttled(bits: int) -> Finding:
    now = [bit for bit in _THROTTLED_BITS if bits >> bit & 1]
    before = [bit for bit in _THROTTLED_BITS if bits >> bit + _SINCE_BOOT & 1]
    if not now and not before:
        return Finding("throttling", "ok", "none since the start")
    parts = [
        f"{when}: {', '.join(_THROTTLED_BITS[bit] for bit in found)}"
        for when, found in (("now", now), ("since the start", before))
        if found
    ]
    supply = "use the power supply made for this board, and a short cable"
    mend = supply if _UNDER_VOLTAGE in {*now, *before} else _COOLING
    return Finding("throttling", "problem" if now else "warning", "; ".join(parts), mend)


def check_governor(machine: Machine) -> Finding:
    """How CPU 0 chooses its frequency."""
    folder = machine.sys_root / "devices" / "system" / "cpu" / "cpu0" / "cpufreq"
    governor = read_text(folder / "scaling_governor")
    if governor is None:
        return Finding("governor", "absent", "the machine does not tell")
    # The pstate drivers of Intel and AMD call "powersave" what other drivers call "schedutil".
    if governor == "powersave" and "pstate" not in (read_text(folder / "scaling_driver") or ""):
        everywhere = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        mend = f"echo ondemand | sudo tee {everywhere}"
        return Finding("governor", "warning", "powersave: the processor stays at its lowest frequency", mend)
    return Finding("governor", "ok", governor)
