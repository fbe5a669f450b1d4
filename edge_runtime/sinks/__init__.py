"""What a user writes after ``--sink`` goes in; something that takes each result comes out. One file a kind."""

from __future__ import annotations

from edge_runtime.sinks.base import InformedSink, RunInfo, Sink
from edge_runtime.sinks.files import reopen_on_hangup
from edge_runtime.sinks.registry import SINK_FORMS, SINKS, needs_events, open_sink, open_sinks

__all__ = [
    "SINKS",
    "SINK_FORMS",
    "InformedSink",
    "RunInfo",
    "Sink",
    "needs_events",
    "open_sink",
    "open_sinks",
    "reopen_on_hangup",
]
