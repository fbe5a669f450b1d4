"""USB cameras (V4L2) and cameras on the board's connector (picamera2)."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from edge_runtime.board import Machine, read_number, read_text
from edge_runtime.console.distribution import install_command
from edge_runtime.doctor.children import Attempt, attempt
from edge_runtime.doctor.findings import Finding
from edge_runtime.doctor.packages import fix_of_import, not_tried

_APT = "sudo apt install -y python3-picamera2"
_SYSTEM_PYTHON = Path("/usr")


def check_usb_cameras(machine: Machine) -> Finding:
    """The /dev/video* that belong to USB cameras, and whether this user may open them."""
    nodes = [machine.dev / name for name in _usb_camera_names(machine)]
    nodes = [node for node in nodes if node.exists()]
    if not nodes:
        return Finding("usb-cameras", "absent", "none is connected")
    forbidden = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK, effective_ids=True)]
    if forbidden:
        detail = f"{', '.join(map(str, forbidden))}: this user may not open it; it belongs to the group video"
        return Finding("usb-cameras", "problem", detail, 'sudo usermod -aG video "$USER", then log out and in again')
    found = [f"camera:{node.name.removeprefix('video')} ({_label(machine, node.name)})" for node in nodes]
    return Finding("usb-cameras", "ok", ", ".join(found))


def check_picamera2(machine: Machine, numpy: Attempt) -> list[Finding]:
    """Whether picamera2 can be imported, and which cameras it sees on the board's connector."""
    if not numpy.works:
        return [not_tried("picamera2"), Finding("board-cameras", "absent", "unknown without picamera2")]
    tried = attempt("picamera2", machine.child_seconds)
    if tried.facts is None:
        return [_unusable(tried, machine), Finding("board-cameras", "absent", "unknown without picamera2")]
    present = Finding("picamera2", "ok", tried.facts["version"])
    if tried.facts["cameras"]:
        return [present, Finding("board-cameras", "ok", ", ".join(tried.facts["cameras"]))]
    fix = "switch the board off, seat the ribbon cable at both ends, then: rpicam-hello --list-cameras"
    return [present, Finding("board-cameras", "absent", "picamera2 sees none", fix)]


def _unusable(tried: Attempt, machine: Machine) -> Finding:
    if not (tried.misses("picamera2") or tried.misses("libcamera")):
        return Finding("picamera2", "problem", tried.error, fix_of_import(tried.error, f"{_APT} --reinstall"))
    if not machine.is_raspberry_pi:
        return Finding("picamera2", "absent", "not installed; it is for cameras on a Raspberry Pi's connector")
    if machine.base_prefix != _SYSTEM_PYTHON:
        detail = f"not importable: it comes with the system's packages, and this Python is {machine.base_prefix}"
        new_environment = "/usr/bin/python3 -m venv --system-site-packages ~/edge"
        install = f"~/edge/bin/{install_command('litert')}"
        return Finding("picamera2", "absent", detail, f"{_APT} && {new_environment} && {install}")
    if machine.prefix == _SYSTEM_PYTHON or _sees_system_packages(machine.prefix):
        return Finding("picamera2", "absent", "not installed", _APT)
    detail = f"not importable: the virtual environment {machine.prefix} does not see the system's packages"
    again = f"/usr/bin/python3 -m venv --system-site-packages {shlex.quote(str(machine.prefix))}"
    return Finding("picamera2", "absent", detail, f"{_APT} && {again}")


def _sees_system_packages(prefix: Path) -> bool:
    settings = (read_text(prefix / "pyvenv.cfg") or "").lower().splitlines()
    return "include-system-site-packages = true" in settings


def _usb_camera_names(machine: Machine) -> list[str]:
    """In order, "video0" and so on; a camera's further nodes (index above 0) hold metadata, no pictures."""
    entries = (machine.sys_root / "class" / "video4linux").glob("video*")
    numbers = sorted(
        int(entry.name.removeprefix("video"))
        for entry in entries
        if entry.name.removeprefix("video").isdigit()
        and any(part.startswith("usb") for part in (entry / "device").resolve().parts)
        and read_number(entry / "index") in (0, None)
    )
    return [f"video{number}" for number in numbers]


def _label(machine: Machine, node: str) -> str:
    return read_text(machine.sys_root / "class" / "video4linux" / node / "name") or "does not tell its name"
