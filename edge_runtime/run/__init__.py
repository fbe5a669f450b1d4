"""The command line of edge-run goes in; results in sinks and an exit code come out."""

from __future__ import annotations

from edge_runtime.run.pipeline import PipelineSettings, run_pipeline

__all__ = ["PipelineSettings", "run_pipeline"]
