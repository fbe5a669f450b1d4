"""A connection that may stall or break goes in; its newest frames, or all of them, come out."""

from __future__ import annotations

from edge_runtime.sources.live.capture import POLICIES, Connection, EndOfStream, LiveCapture, LiveSettings

__all__ = ["POLICIES", "Connection", "EndOfStream", "LiveCapture", "LiveSettings"]
