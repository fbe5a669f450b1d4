"""The board: memory, disk, temperature, throttling, the processor's governor."""

from __future__ import annotations

import shutil

from edge_runtime.board import UNDER_VOLTAGE, Machine, read_celsius, read_number, read_text, read_throttling
from edge_runtime.doctor.findings import Finding

# A lean edge-run on MobileNetV2 peaks at about 60 MB; twice that leaves room for a camera's buffers.
_ENOUGH_MEMORY_MB = 128
_MEMORY_KEYS = ("MemTotal", "MemAvailable")
_ENOUGH_DISK_MB, _LEAST_DISK_MB = 500, 50
# Where the firmware of a Raspberry Pi begins to lower the frequency, by the hardware documentation on frequency
# management and thermal control.
_PI_THROTTLES_C = 80.0
_EDGE_TPUS_USB = {("1a6e", "089a"), ("18d1", "9302")}
"""Vendor and product of Coral's USB accelerator, before and after its firmware is loaded."""
_COOLING = "cool the processor: a heat sink or fan, or a case with openings"


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
    fix = "start without a desktop: sudo systemctl set-default multi-user.target && sudo reboot"
    return Finding("memory", "warning", f"{detail}; edge-run wants {_ENOUGH_MEMORY_MB} MB", fix)


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
    fix = "sudo apt-get clean && sudo journalctl --vacuum-size=50M"
    return Finding("disk", "warning" if free_mb >= _LEAST_DISK_MB else "problem", detail, fix)


def check_temperature(machine: Machine) -> Finding:
    """The processor's temperature; the limit is known for a Raspberry Pi only."""
    celsius = read_celsius(machine)
    if celsius is None:
        return Finding("temperature", "absent", "the machine does not tell")
    if celsius >= _PI_THROTTLES_C and machine.is_raspberry_pi:
        detail = f"{celsius:.1f} °C; from {_PI_THROTTLES_C:.0f} °C on the board slows itself down"
        return Finding("temperature", "warning", detail, _COOLING)
    return Finding("temperature", "ok", f"{celsius:.1f} °C")


def check_throttling() -> Finding:
    """Under-voltage, capped frequency and throttling, now and since the start."""
    found = read_throttling()
    if found.unknown:
        return Finding("throttling", "absent", str(found))
    if not found.now and not found.since_start:
        return Finding("throttling", "ok", str(found))
    supply = "use the power supply made for this board, and a short cable"
    fix = supply if UNDER_VOLTAGE in found.now + found.since_start else _COOLING
    return Finding("throttling", "problem" if found.now else "warning", str(found), fix)


def check_edge_tpu(machine: Machine) -> Finding:
    """A Coral Edge TPU, by USB or PCIe: no backend here uses it, so a model for it does not run."""
    usb = machine.sys_root / "bus" / "usb" / "devices"
    ids = {(read_text(place / "idVendor"), read_text(place / "idProduct")) for place in usb.glob("*")}
    places = ["USB"] if ids & _EDGE_TPUS_USB else []
    places += ["PCIe"] if any(machine.dev.glob("apex_*")) else []
    if not places:
        return Finding("edge-tpu", "absent", "none is connected")
    detail = f"a Coral Edge TPU is connected ({' and '.join(places)}), and not used"
    return Finding(
        "edge-tpu", "warning", detail, "name models without _edgetpu in their file names; they run on the CPU"
    )


def check_governor(machine: Machine) -> Finding:
    """How CPU 0 chooses its frequency."""
    folder = machine.sys_root / "devices" / "system" / "cpu" / "cpu0" / "cpufreq"
    governor = read_text(folder / "scaling_governor")
    if governor is None:
        return Finding("governor", "absent", "the machine does not tell")
    # The pstate drivers of Intel and AMD call "powersave" what other drivers call "schedutil".
    if governor == "powersave" and "pstate" not in (read_text(folder / "scaling_driver") or ""):
        everywhere = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        fix = f"echo ondemand | sudo tee {everywhere}"
        return Finding("governor", "warning", "powersave: the processor stays at its lowest frequency", fix)
    return Finding("governor", "ok", governor)
