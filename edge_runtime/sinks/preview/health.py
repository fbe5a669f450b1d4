"""Whether the run gets on, and whether its source is there: for /healthz, /readyz, the gauge and the page."""

from __future__ import annotations

from edge_runtime.contracts.results import SourceChange
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sources import Liveness

SECONDS_BETWEEN_LOOKS = 1.0


class Health:
    """What is known of it; ``look`` is called again and again, ``tell`` in the thread that classifies."""

    def __init__(self, run: RunInfo) -> None:
        self._counts = run.counts
        self._liveness = Liveness(run.counts, run.patience)
        self.trouble = ""
        self.lost = ""

    def tell(self, change: SourceChange) -> None:
        """Takes note that the source was lost, or is back."""
        self.lost = change.reason or "lost" if change.kind == "source_lost" else ""

    def look(self) -> None:
        """Takes note of how the run gets on."""
        self.trouble = self._liveness.look()

    @property
    def not_ready(self) -> str:
        """Why there are no results of now; "" where there are. Names no camera: anybody may read it."""
        return self.trouble or (self.lost and "the source is lost") or ("" if self._counts.done else "no frame yet")
