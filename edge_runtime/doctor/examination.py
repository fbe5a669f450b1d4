"""All checks, in the order in which they are told."""

from __future__ import annotations

from edge_runtime.board import Machine
from edge_runtime.doctor.cameras import check_picamera2, check_usb_cameras
from edge_runtime.doctor.children import attempt
from edge_runtime.doctor.findings import Finding
from edge_runtime.doctor.hardware import (
    check_board,
    check_disk,
    check_edge_tpu,
    check_governor,
    check_memory,
    check_temperature,
    check_throttling,
)
from edge_runtime.doctor.interpreters import check_interpreters
from edge_runtime.doctor.packages import (
    check_numpy,
    check_opencv,
    check_own_packages,
    check_pillow,
    check_python,
    check_sink_packages,
)


def examine(machine: Machine) -> tuple[Finding, ...]:
    """Looks at everything; never raises for what it finds, and each name stands once."""
    numpy = attempt("numpy", machine.child_seconds)
    return (
        check_python(machine),
        *check_own_packages(),
        check_numpy(numpy),
        check_pillow(machine),
        *check_interpreters(machine, numpy),
        check_opencv(machine, numpy),
        *check_sink_packages(machine),
        check_usb_cameras(machine),
        *check_picamera2(machine, numpy),
        check_edge_tpu(machine),
        check_board(machine),
        check_memory(machine),
        check_disk(machine),
        check_temperature(machine),
        check_throttling(),
        check_governor(machine),
    )
