"""Our inference time beside that of ``litert-benchmark``, the tool that comes with ai-edge-litert."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.child import last_line, run_worker
from benchmarks.errors import BenchmarkError
from benchmarks.interleaved import RatioOfMedians
from benchmarks.protocol import WorkRequest
from benchmarks.settings import HarnessSettings, ModelOptions

_WARM_UP = 20
_RESAMPLES = 2000


def beside_litert_benchmark(
    model: Path, labels: Path, threads: int, loads: int, runs: int, generator: np.random.Generator
) -> tuple[RatioOfMedians, list[tuple[float, float]]]:
    """Measures both in turn, each time in new processes, in random order.

    Theirs is the median that the tool prints, rounded by it to 0.01 ms, of CompiledModel on the CPU; ours the median
    of the backend litert-compiled, the same engine.

    Returns:
        The ratio of medians, theirs the base, with a bootstrap interval over pairs; and the pairs themselves,
        (theirs, ours), in ms.

    Raises:
        BenchmarkError: one of them failed.
    """
    pairs = []
    for _ in range(loads):
        calls = {0: lambda: _theirs(model, threads, runs), 1: lambda: _ours(model, labels, threads, runs)}
        found = {which: calls[which]() for which in generator.permutation(2).tolist()}
        pairs.append((found[0], found[1]))
    return _ratio(pairs, generator), pairs


def _theirs(model: Path, threads: int, runs: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        command = [
            sys.executable, "-m", "ai_edge_litert.tools.benchmark_litert_model", f"--model={model}",
            f"--num_threads={threads}", f"--num_runs={runs}", f"--warmup_runs={_WARM_UP}", f"--result_json={out}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchmarkError(f"litert-benchmark: {last_line(done.stderr)}")
        return float(json.loads(out.read_text())["latency"]["median_ms"])


def _ours(model: Path, labels: Path, threads: int, runs: int) -> float:
    harness = HarnessSettings(min_seconds=0.001, min_count=runs, warm_up=_WARM_UP)
    request = WorkRequest(
        str(model), "litert-compiled", threads, options=ModelOptions(labels=str(labels)), harness=harness
    )
    return float(np.median(run_worker(request).latency_ns)) / 1e6


def _ratio(pairs: Sequence[tuple[float, float]], generator: np.random.Generator) -> RatioOfMedians:
    table = np.array(pairs)
    theirs, ours = np.median(table, axis=0)
    ratios = []
    for _ in range(_RESAMPLES):
        chosen = np.median(table[generator.integers(0, len(table), len(table))], axis=0)
        ratios.append(chosen[1] / chosen[0])
    low, high = np.percentile(ratios, [2.5, 97.5])
    return RatioOfMedians(float(theirs), float(ours), float(ours / theirs), float(low), float(high))
