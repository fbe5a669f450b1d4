"""Counters and durations of a run, in Prometheus's format."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge_runtime.board import processor_celsius
from edge_runtime.console.command import tool_version
from edge_runtime.contracts.results import FrameFailure, FrameResult
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.preview.health import Health

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_MS_PER_S = 1000
_NS_PER_S = 1_000_000_000


class RunMetrics:
    """What /metrics tells."""

    def __init__(self, run: RunInfo, health: Health) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_RunCollector(run, health))
        self._age = Histogram(
            "edge_run_age_seconds", "From a frame's capture to its result.", buckets=_SECONDS, registry=self._registry
        )
        self._steps = Histogram(
            "edge_run_step_seconds", "How long a step took.", ["step"], buckets=_SECONDS, registry=self._registry
        )
        self._events = Counter(
            "edge_run_events", "Labels that entered or left.", ["event", "label"], registry=self._registry
        )
        info = Info("edge_run", "What runs.", registry=self._registry)
        info.info({"version": tool_version(), "model": Path(run.model).name, "source": run.source})

    def observe(self, result: FrameResult | FrameFailure) -> None:
        """Takes one result into account."""
        if isinstance(result, FrameFailure):
            return
        self._age.observe(result.age_ns / _NS_PER_S)
        for step, milliseconds in result.classification.timing_ms.items():
            self._steps.labels(step).observe(milliseconds / _MS_PER_S)
        for event in result.events:
            self._events.labels(event.kind, event.category.label).inc()

    def page(self) -> bytes:
        """All of it as text."""
        return generate_latest(self._registry)


class _RunCollector(Collector):
    """Reads what others count, when it is asked for."""

    def __init__(self, run: RunInfo, health: Health) -> None:
        self._run = run
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """The counts as they are now."""
        counts = self._run.counts
        frames = CounterMetricFamily("edge_run_frames", "Frames, by what became of them.", labels=["outcome"])
        frames.add_metric(["delivered"], counts.delivered)
        frames.add_metric(["dropped"], counts.dropped)
        frames.add_metric(["failed"], counts.failed)
        yield frames
        yield CounterMetricFamily("edge_run_frames_produced", "Frames that the source made.", counts.produced)
        yield CounterMetricFamily(
            "edge_run_reconnects", "How often the source was connected to again.", counts.reconnects
        )
        if self._run.is_live:
            yield GaugeMetricFamily("edge_run_source_lost", "1 while the source is lost.", bool(self._health.lost))
        yield self._sinks()
        celsius = processor_celsius()
        if celsius is not None:
            yield GaugeMetricFamily("edge_run_temperature_celsius", "Of the processor.", celsius)

    def _sinks(self) -> Metric:
        family = CounterMetricFamily(
            "edge_run_sink", "What sinks sent, and what they left out.", labels=["sink", "what"]
        )
        for sink, counts in self._run.sink_counts.items():
            for name, number in dataclasses.asdict(counts).items():
                family.add_metric([sink, name], number)
        return family
