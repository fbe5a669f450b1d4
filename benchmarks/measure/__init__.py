"""A model, a backend and settings go in; raw samples come out, measured in a process of its own."""

from __future__ import annotations

from benchmarks.measure.agreement import disagreement
from benchmarks.measure.child import how_it_ended, last_line, run_worker, score_in_worker
from benchmarks.measure.frames import FRAME, choose_images, synthetic_frame
from benchmarks.measure.harness import shortage
from benchmarks.measure.protocol import Agreement, ColdStart, Device, Measured, WorkRequest
from benchmarks.measure.resources import peak_memory_bytes
from benchmarks.measure.subjects import KERAS

__all__ = [
    "FRAME",
    "KERAS",
    "Agreement",
    "ColdStart",
    "Device",
    "Measured",
    "WorkRequest",
    "choose_images",
    "disagreement",
    "how_it_ended",
    "last_line",
    "peak_memory_bytes",
    "run_worker",
    "score_in_worker",
    "shortage",
    "synthetic_frame",
]
