"""Joins a source, a classifier and sinks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from edge_runtime.classifier import Classifier
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.sinks.base import Sink
from edge_runtime.sources.base import Source


@dataclass(slots=True)
class RunCounts:
    """How many frames a run classified, and how many it could not read."""

    classified: int = 0
    failed: int = 0


def run_pipeline(
    source: Source, classifier: Classifier, sinks: Sequence[Sink], max_fps: float | None = None
) -> RunCounts:
    """Classifies every frame of ``source`` and hands each result to every sink, in order.

    Closes the source and the sinks at the end, also after an error or Ctrl-C.

    Args:
        source: where frames come from.
        classifier: what they go through.
        sinks: where results go.
        max_fps: a frame is asked for no sooner than 1 / max_fps seconds after the last one; None sets no limit.

    Raises:
        ContractError: ``max_fps`` is not above 0.
        EdgeRuntimeError: the source, the interpreter or a sink failed.
    """
    if max_fps is not None and not max_fps > 0:
        raise ContractError(f"max_fps {max_fps} is not above 0")
    counts = RunCounts()
    with ExitStack() as stack:
        stack.callback(source.close)
        for sink in sinks:
            stack.callback(sink.close)
        for item in source if max_fps is None else _paced(source, 1 / max_fps):
            result = item if isinstance(item, FrameFailure) else _classify(item, classifier)
            for sink in sinks:
                sink.write(result)
            if isinstance(result, FrameFailure):
                counts.failed += 1
            else:
                counts.classified += 1
    return counts


def _paced(source: Source, interval: float) -> Iterator[Frame | FrameFailure]:
    due = time.monotonic()
    for item in source:
        yield item
        due = max(due + interval, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


def _classify(frame: Frame, classifier: Classifier) -> FrameResult:
    classification = classifier.classify(frame.pixels)
    return FrameResult(
        source=frame.source,
        index=frame.index,
        captured_ns=frame.captured_ns,
        capture_ns=frame.capture_ns,
        age_ns=max(0, time.time_ns() - frame.captured_ns),
        classification=classification,
    )
