"""Our inference time beside that of ``litert-benchmark``, the tool that comes with ai-edge-litert."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from benchmarks.measure import WorkRequest, last_line, run_worker
from benchmarks.settings import HarnessSettings
from benchmarks.stats import estimate_paired_ratio
from edge_runtime.console.child_process import child_command
from edge_runtime.model import UserSays

_WARM_UP = 20


@dataclass(frozen=True)
class PairedRatio:
    """Our inference beside theirs.

    Attributes:
        theirs_ms, ours_ms: medians over all pairs.
        ratio: the geometric mean of the pairs' ratios, ours by theirs: a pair's two processes run within seconds, so
            what makes this machine slow for minutes slows both.
        low, high: the ratio's 95 % interval; None for a single pair.
    """

    theirs_ms: float
    ours_ms: float
    ratio: float
    low: float | None
    high: float | None


def beside_litert_benchmark(
    model: Path, labels: Path, threads: int, pairs: int, runs: int, generator: np.random.Generator
) -> tuple[PairedRatio, list[tuple[float, float]]]:
    """Measures both in turn, each time in new processes, in random order.

    Theirs is the median that the tool prints, rounded by it to 0.01 ms, of CompiledModel on the CPU; ours the median
    of the backend litert-compiled, the same engine.

    Returns:
        The ratio, with its interval; and the pairs themselves, (theirs, ours), in ms.

    Raises:
        BenchmarkError: one of them failed.
    """
    table = []
    for _ in range(pairs):
        calls = {0: lambda: _theirs(model, threads, runs), 1: lambda: _ours(model, labels, threads, runs)}
        found = {which: calls[which]() for which in generator.permutation(2).tolist()}
        table.append((found[0], found[1]))
    return _ratio(np.array(table)), table


def _theirs(model: Path, threads: int, runs: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        command = child_command(
            "ai_edge_litert.tools.benchmark_litert_model:main", f"--model={model}", f"--num_threads={threads}",
            f"--num_runs={runs}", f"--warmup_runs={_WARM_UP}", f"--result_json={out}",
        )  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchmarkError(f"litert-benchmark: {last_line(done.stderr)}")
        return float(json.loads(out.read_text())["latency"]["median_ms"])


def _ours(model: Path, labels: Path, threads: int, runs: int) -> float:
    harness = HarnessSettings(min_seconds=0.001, min_count=runs, warm_up=_WARM_UP)
    request = WorkRequest(str(model), "litert-compiled", threads, options=UserSays(labels=str(labels)), harness=harness)
    return float(np.median(run_worker(request).latency_ns)) / 1e6


def _ratio(pairs: NDArray[np.float64]) -> PairedRatio:
    theirs, ours = np.median(pairs, axis=0)
    found = estimate_paired_ratio(pairs[:, 0].tolist(), pairs[:, 1].tolist())
    return PairedRatio(float(theirs), float(ours), found.value, found.low, found.high)
