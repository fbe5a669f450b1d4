"""Latency benchmarks: numbers that are valid, or say why not."""

__project__ = "a package of edge-deploy-kit"
