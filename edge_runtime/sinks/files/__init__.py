"""Results go in; lines appended to files come out: JSON lines, events, CSV. Files rotate, and survive power cuts."""

from __future__ import annotations

from edge_runtime.sinks.files.hangup import reopen_on_hangup

__all__ = ["reopen_on_hangup"]
