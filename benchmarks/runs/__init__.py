"""Settings go in; every row of a benchmark, measured in turn, comes out."""

from __future__ import annotations

from benchmarks.runs.fingerprint import sha256_if_readable
from benchmarks.runs.jobs import plan

__all__ = ["plan", "sha256_if_readable"]
