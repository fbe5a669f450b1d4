"""Settings go in; every row of a benchmark, measured in turn, comes out."""

from __future__ import annotations

from benchmarks.runs.jobs import plan
from benchmarks.runs.models import sha256_if_readable

__all__ = ["plan", "sha256_if_readable"]
