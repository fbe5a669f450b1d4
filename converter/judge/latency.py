"""How long one inference takes here: a first impression, for the choice; ``edge-bench`` measures with more care."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from converter.judge.scores import open_candidate
from edge_runtime.inference import Classifier

LOADS = 3
"""It matters by up to a fifth where an interpreter's memory happens to lie, so all files are loaded so often."""
WARM_UP_TURNS = 2
TURNS = 8
"""In each load."""
MIN_TURNS = 3
RUNS_A_TURN = 3
"""Of these the fastest counts for the ratio: what another program takes away, it takes from a single run."""
MAX_SECONDS = 10.0
"""Of a load. A slow candidate (int16x8 runs without XNNPACK) must not take minutes: from MIN_TURNS on, time decides."""


@dataclass(frozen=True)
class Latency:
    """How long one inference takes on the machine that converted.

    Attributes:
        p50: the median, in milliseconds.
        ratio: the median of what it took by what float32 took in the same round.
        ratio_interval: within which that median lies, with 95 % confidence.
        runs: how many were measured.
        delegate: which one took operators; see ``edge_runtime.backends.base``.
        how: what was measured, and with what.
    """

    p50: float
    ratio: float
    ratio_interval: tuple[float, float]
    runs: int
    delegate: str
    how: str


def measure_latencies(files: Sequence[Path], frame: NDArray[np.uint8]) -> list[Latency]:
    """The median time of invoke of each file on ``frame``, and its ratio to that of the first file.

    The files take turns in one process, so that a busy moment hits all, and ratios are taken within a turn.
    """
    loads = []
    for _ in range(LOADS):
        with ExitStack() as stack:
            classifiers = [stack.enter_context(open_candidate(path)) for path in files]
            loads.append(_take_turns(classifiers, frame))
        infos = [classifier.backend_info for classifier in classifiers]
    samples = np.concatenate(loads)
    fastest = samples.min(axis=2)
    ratios = fastest / fastest[:, :1]
    return [
        Latency(
            p50=round(float(np.median(samples[:, number])), 4),
            ratio=round(float(np.median(ratios[:, number])), 4),
            ratio_interval=median_interval(ratios[:, number]),
            runs=samples[:, number].size,
            delegate=info.delegate,
            how=f"invoke alone, one image again and again, {info.name} {info.version}, 1 thread, {LOADS} loads, "
            f"{RUNS_A_TURN} runs in turn with the other files; ratios are of the fastest run of a turn",
        )
        for number, info in enumerate(infos)
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
    """Milliseconds of each turn, file and run, (turns, files, runs)."""
    turns: list[list[list[float]]] = []
    start = perf_counter()
    while len(turns) < WARM_UP_TURNS + TURNS:
        if len(turns) >= WARM_UP_TURNS + MIN_TURNS and perf_counter() - start > MAX_SECONDS:
            break
        turns.append([[_invoke_ms(classifier, frame) for _ in range(RUNS_A_TURN)] for classifier in classifiers])
    return np.asarray(turns[WARM_UP_TURNS:])


def _invoke_ms(classifier: Classifier, frame: NDArray[np.uint8]) -> float:
    return classifier.classify(frame).timing.invoke_ns / 1e6
