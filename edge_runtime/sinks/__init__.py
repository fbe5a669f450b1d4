"""Sinks for results, chosen by what a user writes after ``--sink``."""

from __future__ import annotations

from edge_runtime.errors import SinkError
from edge_runtime.registry import Registry
from edge_runtime.sinks.base import Sink

SINKS = Registry(
    "sink",
    {
        "jsonl": "edge_runtime.sinks.jsonl:JsonLinesSink",
        "csv": "edge_runtime.sinks.csv:CsvSink",
        "console": "edge_runtime.sinks.console:ConsoleSink",
    },
)

SINK_FORMS = "jsonl, jsonl:FILE, csv:FILE or console"


def open_sink(text: str) -> Sink:
    """Opens ``jsonl``, ``jsonl:FILE``, ``csv:FILE`` or ``console``.

    Raises:
        SinkError: there is no such sink, or its file cannot be written.
    """
    name, _, target = text.partition(":")
    if name not in SINKS.names():
        raise SinkError(f"no sink {text!r}; there are {SINK_FORMS}")
    sink: Sink = SINKS.load(name)(target)
    return sink
