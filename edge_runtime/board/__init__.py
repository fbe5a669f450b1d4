"""What the kernel and the firmware say of this machine goes in; numbers come out."""

from __future__ import annotations

from edge_runtime.board.clock import wall_clock_is_synced
from edge_runtime.board.machine import Machine, read_number, read_text
from edge_runtime.board.temperature import processor_celsius, read_celsius
from edge_runtime.board.throttling import UNDER_VOLTAGE, read_throttling

__all__ = [
    "UNDER_VOLTAGE",
    "Machine",
    "processor_celsius",
    "read_celsius",
    "read_number",
    "read_text",
    "read_throttling",
    "wall_clock_is_synced",
]
