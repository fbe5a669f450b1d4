"""Python and the packages the runtime needs or can use."""

from __future__ import annotations

import re

from edge_runtime.board import Machine
from edge_runtime.console.distribution import install_command
from edge_runtime.console.ownership import DISTRIBUTIONS, find_obstacle, our_distribution
from edge_runtime.doctor.children import Attempt, attempt
from edge_runtime.doctor.findings import Finding

_OLDEST, _NEWEST = (3, 10), (3, 13)


def check_python(machine: Machine) -> Finding:
    """The version of Python and whether it is a 64-bit one."""
    version = ".".join(map(str, machine.python))
    place = (
        f"virtual environment {machine.prefix}" if machine.prefix != machine.base_prefix else "no virtual environment"
    )
    detail = f"{version}, {machine.bits}-bit, {place}"
    if _OLDEST <= machine.python[:2] <= _NEWEST:
        return Finding("python", "ok", detail)
    environment = f"python3 -m venv ~/edge && ~/edge/bin/{install_command('litert')}"
    fix = f"with a Python in between (Raspberry Pi OS bookworm or later has one): {environment}"
    return Finding("python", "problem", f"{detail}; 3.10 to 3.13 is needed", fix)


def check_own_packages() -> list[Finding]:
    """Our packages: others may write into them, or hide them."""
    return [_check_own_package(package) for package in DISTRIBUTIONS]


def _check_own_package(package: str) -> Finding:
    obstacle = find_obstacle(package)
    if obstacle is not None:
        return Finding(package, "absent" if obstacle.absent else "problem", obstacle.detail, obstacle.fix)
    name, version = our_distribution(package)
    return Finding(package, "ok", f"of {name} {version}" if version else "ours, but not installed with pip")


def check_numpy(tried: Attempt) -> Finding:
    """numpy, from its attempt, which the checks of what is built on numpy share."""
    return _required("numpy", tried)


def check_pillow(machine: Machine) -> Finding:
    """Pillow, which decodes images."""
    return _required("pillow", attempt("pillow", machine.child_seconds))


def check_opencv(machine: Machine, numpy: Attempt) -> Finding:
    """OpenCV and the ways to video it was built with."""
    if not numpy.works:
        return not_tried("opencv")
    tried = attempt("opencv", machine.child_seconds)
    if tried.facts is None:
        if tried.misses("cv2"):
            detail = "not installed; video files, cameras and RTSP need it, and resizing is faster with it"
            return Finding("opencv", "absent", detail, install_command("camera"))
        fix = fix_of_import(tried.error, "pip install --force-reinstall opencv-python-headless")
        return Finding("opencv", "problem", tried.error, fix)
    video_io = ", ".join(f"{name} {'yes' if there else 'no'}" for name, there in tried.facts["video_io"].items())
    return Finding("opencv", "ok", f"{tried.facts['version']}, {video_io or 'does not tell what it was built with'}")


def check_sink_packages(machine: Machine) -> list[Finding]:
    """What the sinks ``mqtt`` and ``preview`` need; a run without them does not."""
    return [_check_extra(machine, "paho-mqtt", "mqtt"), _check_extra(machine, "preview", "preview")]


def _check_extra(machine: Machine, probe: str, extra: str) -> Finding:
    tried = attempt(probe, machine.child_seconds)
    if tried.facts is not None:
        return Finding(probe, "ok", tried.facts["version"])
    install = install_command(extra)
    if tried.lacks is None:
        return Finding(probe, "warning", tried.error, f"{install} --force-reinstall")
    if tried.misses("paho.mqtt.enums"):
        return Finding(probe, "warning", "older than version 2, which the sink mqtt needs", install)
    return Finding(probe, "absent", f"{tried.lacks} is not installed; the sink {extra} needs it", install)


def not_tried(name: str) -> Finding:
    """The finding on a package that cannot be tried before numpy works."""
    return Finding(name, "absent", "not tried, since numpy does not work")


def fix_of_import(error: str, otherwise: str) -> str:
    """What fixes an import that failed with ``error``, where that is known, else ``otherwise``."""
    if re.search(r"numpy\.core\.multiarray|_ARRAY_API|numpy\.dtype size changed|compiled using NumPy 1", error):
        return "pip install 'numpy<2'"
    return _fix_of_library(error, otherwise)


def _fix_of_library(error: str, otherwise: str) -> str:
    if "libopenblas.so.0" in error:
        return "sudo apt install libopenblas0"
    if "libGL.so.1" in error:
        return f"pip uninstall -y opencv-python && {install_command('camera')}"
    return otherwise


def _required(package: str, tried: Attempt) -> Finding:
    if tried.facts is not None:
        return Finding(package, "ok", tried.facts["version"])
    if tried.misses({"pillow": "PIL"}.get(package, package)):
        return Finding(package, "problem", "not installed", f"pip install {package}")
    fix = _fix_of_library(tried.error, f"pip install --force-reinstall {package}")
    return Finding(package, "problem", tried.error, fix)
