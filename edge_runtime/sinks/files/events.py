"""The events of a run alone, one JSON object a line."""

from __future__ import annotations

from typing import Any

from edge_runtime.contracts.results import FrameFailure, FrameResult
from edge_runtime.sinks.files.jsonl import JsonLinesSink


class EventLinesSink(JsonLinesSink):
    """Writes the lines of events and not those of frames: a year of them fits on a card. Each survives a power cut."""

    name = "events"
    synced = True

    def _told(self, result: FrameResult | FrameFailure) -> list[dict[str, Any]]:
        return [event.to_json() for event in result.events]
