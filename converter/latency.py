"""How long one inference takes here: a first impression, for the choice; ``edge-bench`` measures with more care."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from converter.results import Latency
from edge_runtime.classifier import Classifier

WARM_UP = 5
RUNS = 60
MIN_RUNS = 15
MAX_SECONDS = 30.0
"""A slow candidate (int16x8 runs without XNNPACK) must not take minutes: from MIN_RUNS on, time decides."""


def measure_latencies(files: Sequence[Path], frame: NDArray[np.uint8]) -> list[Latency]:
    """The median time of invoke of each file on ``frame``, and its ratio to that of the first file.

    The files take turns in one process, so that a busy moment hits all, and ratios are taken within a turn.
    """
    with ExitStack() as stack:
        classifiers = [stack.enter_context(Classifier(path, backend="litert", threads=1)) for path in files]
        samples = _take_turns(classifiers, frame)
        ratios = samples / samples[:, :1]
        return [
            Latency(
                p50=round(float(np.median(times)), 4),
                ratio=round(float(np.median(by_first)), 4),
                ratio_interval=median_interval(by_first),
                runs=len(samples),
                delegate=classifier.backend_info.delegate,
                how=f"invoke alone, one image again and again, {classifier.backend_info.name} "
                f"{classifier.backend_info.version}, 1 thread, in turns with the other files, after {WARM_UP} runs of "
                "warm-up",
            )
            for classifier, times, by_first in zip(classifiers, samples.T, ratios.T, strict=True)
        ]


def median_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % confidence interval of a median, from order statistics: no distribution is assumed.

    Source: Hollander and Wolfe, Nonparametric Statistical Methods, section 3.6 (normal approximation of the ranks).
    """
    ordered = np.sort(values)
    count = len(ordered)
    spread = 1.96 * np.sqrt(count) / 2
    low, high = max(0, int(np.floor(count / 2 - spread))), min(count - 1, int(np.ceil(count / 2 + spread)))
    return round(float(ordered[low]), 4), round(float(ordered[high]), 4)


def _take_turns(classifiers: Sequence[Classifier], frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Milliseconds of each turn and file, (turns, files)."""
    rows: list[list[float]] = []
    start = perf_counter()
    while len(rows) < WARM_UP + RUNS:
        if len(rows) >= WARM_UP + MIN_RUNS and perf_counter() - start > MAX_SECONDS:
            break
        rows.append([classifier.classify(frame).timing.invoke_ns / 1e6 for classifier in classifiers])
    return np.asarray(rows[WARM_UP:])
