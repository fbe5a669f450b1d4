"""The benchmarks' errors.

EdgeDeployError                 (edge_runtime.contracts.errors)
└── BenchmarkError              a measurement that could not be made
"""

from __future__ import annotations

from edge_runtime.contracts.errors import EdgeDeployError


class BenchmarkError(EdgeDeployError):
    """A measurement that could not be made: a child process failed, or a file it needs is missing."""
