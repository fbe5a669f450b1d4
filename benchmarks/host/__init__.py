"""This machine goes in; what it is, and whether it is quiet enough to measure on, come out."""

from __future__ import annotations

from benchmarks.host.environment import Condition, Host, read_condition, read_host
from benchmarks.host.noise import furthest_drift, least_cpu_share, machine_noise, round_medians_ms, row_noise

__all__ = [
    "Condition",
    "Host",
    "furthest_drift",
    "least_cpu_share",
    "machine_noise",
    "read_condition",
    "read_host",
    "round_medians_ms",
    "row_noise",
]
