"""ai-edge-litert and tflite-runtime: which of them runs a model here, and whether XNNPACK takes part."""

from __future__ import annotations

from collections.abc import Mapping

from edge_runtime.board import Machine
from edge_runtime.console.distribution import NO_TFLITE_RUNTIME, TFLITE_RUNTIME_BEFORE, install_command
from edge_runtime.doctor.children import Attempt, attempt
from edge_runtime.doctor.findings import Finding, Status
from edge_runtime.doctor.packages import fix_of_import, not_tried

_MODULES = {"ai-edge-litert": "ai_edge_litert", "tflite-runtime": "tflite_runtime"}
_READABLE_SYS = "make /sys readable for this process (a container: mount it); XNNPACK finds the processor there"


def check_interpreters(machine: Machine, numpy: Attempt) -> list[Finding]:
    """One finding for each interpreter; where none is installed, the one that fits this Python is the problem."""
    if not numpy.works:
        return [not_tried(name) for name in _MODULES]
    tried = {name: attempt(name, machine.child_seconds) for name in _MODULES}
    return [_check(name, tried, machine) for name in _MODULES]


def _check(name: str, tried: Mapping[str, Attempt], machine: Machine) -> Finding:
    mine = tried[name]
    litert_works = tried["ai-edge-litert"].works
    if mine.facts is not None:
        return _working(name, mine.facts["version"], mine.facts["delegates"], litert_works)
    if not mine.misses(_MODULES[name]):
        # edge-run takes ai-edge-litert where it is installed, so beside it a broken tflite-runtime does no harm.
        status: Status = "warning" if litert_works else "problem"
        return Finding(name, status, mine.error, fix_of_import(mine.error, f"pip install --force-reinstall {name}"))
    none_installed = all(its.misses(_MODULES[other]) for other, its in tried.items())
    fitting, fix = _fitting(machine)
    if none_installed and name == fitting:
        return Finding(name, "problem", "not installed, and neither is another interpreter", fix)
    ended = name == "tflite-runtime" and machine.bits == 64 and machine.python >= TFLITE_RUNTIME_BEFORE
    detail = f"not installed: {NO_TFLITE_RUNTIME}" if ended else "not installed"
    return Finding(name, "absent", detail, None if litert_works or name != fitting else fix)


def _working(name: str, version: str, delegates: Mapping[str, str], litert_works: bool) -> Finding:
    without = [kind for kind, delegate in delegates.items() if delegate == "none"]
    if not without:
        unknown = "unknown" in delegates.values()
        return Finding(name, "ok", f"{version}, XNNPACK {'unknown: it does not tell' if unknown else 'engages'}")
    detail = f"{version}, runs {' and '.join(without)} models without XNNPACK, many times slower"
    if name == "ai-edge-litert":
        return Finding(name, "warning", detail, _READABLE_SYS)
    if litert_works:
        return Finding(name, "ok", f"{detail}; edge-run takes ai-edge-litert")
    return Finding(name, "warning", detail, f"with a 64-bit Python: {install_command('litert')}")


def _fitting(machine: Machine) -> tuple[str, str]:
    """The interpreter that has a wheel for this Python, and how to get it."""
    if machine.bits == 64:
        return "ai-edge-litert", install_command("litert")
    if machine.python < TFLITE_RUNTIME_BEFORE:
        return "tflite-runtime", install_command("tflite-runtime")
    return (
        "tflite-runtime",
        "install the 64-bit Raspberry Pi OS: no interpreter is made for 32-bit Python 3.12 or later",
    )
