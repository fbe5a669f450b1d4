"""How long one inference takes here: a first impression, for the report; ``edge-bench`` measures with more care."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.results import Latency
from edge_runtime.classifier import Classifier

WARM_UP = 10
RUNS = 50


def measure_latencies(files: Sequence[Path], frame: NDArray[np.uint8]) -> list[Latency]:
    """The median time of invoke of each file on ``frame``; the files take turns, so that a busy moment hits all."""
    with ExitStack() as stack:
        classifiers = [stack.enter_context(Classifier(path, backend="litert", threads=1)) for path in files]
        samples = [
            [classifier.classify(frame).timing.invoke_ns for classifier in classifiers] for _ in range(WARM_UP + RUNS)
        ]
        medians = np.median(samples[WARM_UP:], axis=0) / 1e6
        return [
            Latency(
                p50=round(float(median), 4),
                runs=RUNS,
                delegate=classifier.backend_info.delegate,
                how=f"invoke alone, one image again and again, {classifier.backend_info.name} "
                f"{classifier.backend_info.version}, 1 thread, after {WARM_UP} runs of warm-up",
            )
            for classifier, median in zip(classifiers, medians, strict=True)
        ]
