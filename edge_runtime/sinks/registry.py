"""Sinks for results, chosen by what a user writes after ``--sink``."""

from __future__ import annotations

from collections.abc import Sequence

from edge_runtime.errors import SinkError
from edge_runtime.registry import Registry
from edge_runtime.sinks.base import RunInfo, Sink

SINKS = Registry(
    "sink",
    {
        "jsonl": "edge_runtime.sinks.files.jsonl:JsonLinesSink",
        "events": "edge_runtime.sinks.files.events:EventLinesSink",
        "csv": "edge_runtime.sinks.files.csv:CsvSink",
        "video": "edge_runtime.sinks.video.sink:VideoSink",
        "mqtt": "edge_runtime.sinks.mqtt.sink:MqttSink",
        "mqtts": "edge_runtime.sinks.mqtt.sink:SecureMqttSink",
        "preview": "edge_runtime.sinks.preview.sink:PreviewSink",
        "console": "edge_runtime.sinks.console:ConsoleSink",
    },
    group="edge_deploy_kit.sinks",
)

SINK_FORMS = (
    "jsonl, jsonl:FILE, events, events:FILE, csv:FILE, video:FILE, mqtt[s]://HOST[:PORT]/TOPIC, "
    "preview[:[HOST:]PORT] or console"
)


def open_sink(text: str, run: RunInfo | None = None) -> Sink:
    """Opens one of ``SINK_FORMS``.

    Args:
        text: what the user wrote.
        run: what the sink may tell about the run; None for one that it knows nothing of.

    Raises:
        SinkError: there is no such sink, or its file cannot be written.
    """
    name, _, target = text.partition(":")
    if not SINKS.knows(name):
        raise SinkError(f"no sink {text!r}; there are {SINK_FORMS}")
    sink: Sink = SINKS.load(name)(target, run or RunInfo())
    return sink


def open_sinks(texts: Sequence[str], run: RunInfo) -> list[Sink]:
    """Opens them all, or none.

    Raises:
        SinkError: as :func:`open_sink`.
    """
    sinks: list[Sink] = []
    try:
        for text in texts:
            sinks.append(open_sink(text, run))  # noqa: PERF401 - those that are open must be known to be closed
    except BaseException:
        for sink in sinks:
            sink.close()
        raise
    return sinks


def needs_events(texts: Sequence[str]) -> bool:
    """Whether one of these sinks takes nothing but events."""
    return any(text.partition(":")[0] == "events" for text in texts)
