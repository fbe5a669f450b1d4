"""A connection that may stall or break goes in; its newest frames, or all of them, come out.

``capture.LiveCapture`` does it. That file is imported when a live source is opened: a run of files does without.
"""

from __future__ import annotations

from edge_runtime.sources.live.settings import LIVE_OPTIONS, POLICIES, LiveSettings

__all__ = ["LIVE_OPTIONS", "POLICIES", "LiveSettings"]
