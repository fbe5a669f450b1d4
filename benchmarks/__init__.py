"""Latency benchmarks: numbers that are valid, or say why not."""
