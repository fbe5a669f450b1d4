"""Joins a source, one classifier or several, and sinks.

How a frame goes:

- a live source captures in a thread of its own already; its frames are classified in the calling thread;
- other sources are read ahead of the classifier, in a second thread: decoding and preprocessing overlap inference;
- with several classifiers each has a thread, and image files are decoded there as well.

Results reach the sinks in the order of the frames, in the calling thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.command import logger
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult, SourceChange
from edge_runtime.errors import ImageError
from edge_runtime.inference import Classifier, ModelInput, Scores
from edge_runtime.run.feed import Feed
from edge_runtime.sinks import InformedSink, Sink
from edge_runtime.sources import FrameCounts, Item, Source

AHEAD_PER_WORKER = 2  # frames a classifier's thread works on, or that wait for an earlier one

T = TypeVar("T")
Decide = Callable[[FrameResult, Scores], FrameResult]


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """How frames go through a pipeline.

    Attributes:
        max_fps: a frame is asked for no sooner than 1 / max_fps seconds after the last one; None sets no limit.
        read_ahead: whether a single classifier's frames are read and preprocessed in a second thread; False does all in
            one.
        crop: gives the part of a frame's pixels that is classified (a view is enough); called in any thread. An
            ImageError of it makes the frame a failed one.
        decide: from a frame's own result and the scores of all classes, float32 (classes,), to what the sinks get;
            called in the order of frames, in one thread: this is where smoothing over time belongs.

    Raises:
        ContractError: ``max_fps`` is not above 0.
    """

    max_fps: float | None = None
    read_ahead: bool = True
    crop: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None = None
    decide: Decide | None = None

    def __post_init__(self) -> None:
        if self.max_fps is not None and not self.max_fps > 0:
            raise ContractError(f"max_fps {self.max_fps} is not above 0")


def run_pipeline(
    source: Source,
    classifiers: Sequence[Classifier],
    sinks: Sequence[Sink],
    settings: PipelineSettings | None = None,
    counts: FrameCounts | None = None,
) -> FrameCounts:
    """Classifies every frame of ``source`` and hands each result to every sink, in order.

    Closes the source and the sinks at the end, also after an error or Ctrl-C.

    Args:
        source: where frames come from.
        classifiers: what they go through; each of several gets a thread of its own. A live source takes one.
        sinks: where results go.
        settings: how; None takes the defaults.
        counts: for whoever wants to read them meanwhile; a live source counts in its own.

    Raises:
        ContractError: a live source with several classifiers.
        EdgeRuntimeError: the source, the interpreter or a sink failed.
    """
    feed = Feed.of(source)
    return run_feed(feed if counts is None else replace(feed, counts=counts), classifiers, sinks, settings)


def run_feed(
    feed: Feed, classifiers: Sequence[Classifier], sinks: Sequence[Sink], settings: PipelineSettings | None = None
) -> FrameCounts:
    """As :func:`run_pipeline`, for a source whose kind is known already."""
    if len(classifiers) > 1 and feed.is_live:
        raise ContractError("a live source takes one classifier; give that one more threads instead")
    counts = feed.counts
    try:
        with ExitStack() as stack:
            stack.callback(feed.source.close)
            for sink in sinks:
                stack.callback(sink.close)
            feed.tell_of_changes(partial(_tell, [sink for sink in sinks if isinstance(sink, InformedSink)]))
            for result, frame in _results(feed, classifiers, settings or PipelineSettings(), stack):
                for sink in sinks:
                    sink.write(result, frame)
                if isinstance(result, FrameFailure):
                    counts.failed += 1
                else:
                    counts.delivered += 1
    finally:
        counts.dropped += counts.under_way  # the run was stopped, or its source closed by another thread
        if feed.is_live and counts.produced:
            logger.info("%s", counts.describe())
    return counts


def _tell(sinks: Sequence[InformedSink], change: SourceChange) -> None:
    for sink in sinks:
        sink.tell(change)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a classifier's thread makes of a frame."""

    result: FrameResult | FrameFailure
    frame: Frame | None = None
    scores: Scores | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A frame that was read and preprocessed ahead."""

    frame: Frame
    made: ModelInput


_Task = Callable[[], Item | _Ready]


def _results(
    feed: Feed, classifiers: Sequence[Classifier], settings: PipelineSettings, stack: ExitStack
) -> Iterator[tuple[FrameResult | FrameFailure, Frame | None]]:
    """Every result with its frame, in order; threads it needs end with ``stack``."""
    workers = len(classifiers)
    tasks = _tasks(feed, classifiers, settings, stack)
    if not feed.is_live:
        tasks = _counted(tasks, feed.counts)
    if settings.max_fps is not None:
        tasks = _paced(tasks, 1 / settings.max_fps)
    classify = partial(_classify, _queue_of(classifiers), settings)
    if workers > 1:
        from edge_runtime.run.ahead import in_order  # here: one classifier may need no threads

        outcomes = in_order((partial(classify, task) for task in tasks), workers, AHEAD_PER_WORKER * workers, stack)
    else:
        outcomes = map(classify, tasks)
    for outcome in outcomes:
        result = outcome.result
        if settings.decide is not None and outcome.scores is not None and isinstance(result, FrameResult):
            result = settings.decide(result, outcome.scores)
        yield result, outcome.frame


def _tasks(
    feed: Feed, classifiers: Sequence[Classifier], settings: PipelineSettings, stack: ExitStack
) -> Iterator[_Task]:
    """What gives each frame to the thread that classifies it."""
    if len(classifiers) > 1 and feed.files is None:
        return feed.reads_ahead(lambda item: item, stack)
    if len(classifiers) > 1 or not settings.read_ahead or not feed.gains_by_reading_ahead:
        return feed.reads()
    return feed.reads_ahead(partial(_make_ready, classifiers[0].input_maker(), settings), stack)


def _make_ready(
    make: Callable[[NDArray[np.uint8]], ModelInput], settings: PipelineSettings, item: Item
) -> FrameFailure | _Ready:
    if isinstance(item, FrameFailure):
        return item
    try:
        return _Ready(item, make(_pixels(item, settings)))
    except ImageError as error:
        return _failure(item, error)


def _classify(idle: SimpleQueue[Classifier], settings: PipelineSettings, task: _Task) -> _Outcome:
    read = task()
    if isinstance(read, FrameFailure):
        return _Outcome(read)
    frame = read.frame if isinstance(read, _Ready) else read
    classifier = idle.get()
    try:
        if isinstance(read, _Ready):
            classification, scores = classifier.classify_input(read.made)
        else:
            classification, scores = classifier.classify_with_scores(_pixels(frame, settings))
    except ImageError as error:
        return _Outcome(_failure(frame, error))
    finally:
        idle.put(classifier)
    if not np.isfinite(scores).all():
        return _Outcome(FrameFailure(frame.source, frame.index, "the model's scores are not numbers (NaN or infinite)"))
    result = FrameResult(
        source=frame.source,
        index=frame.index,
        captured_ns=frame.captured_ns,
        capture_ns=frame.capture_ns,
        age_ns=time.monotonic_ns() - frame.monotonic_ns,
        classification=classification,
        clock_synced=frame.clock_synced,
    )
    return _Outcome(result, frame, scores)


def _pixels(frame: Frame, settings: PipelineSettings) -> NDArray[np.uint8]:
    """The part of a frame that is classified; an ImageError where a camera came back with smaller frames."""
    return frame.pixels if settings.crop is None else settings.crop(frame.pixels)


def _failure(frame: Frame, error: ImageError) -> FrameFailure:
    return FrameFailure(frame.source, frame.index, str(error))


def _queue_of(classifiers: Sequence[Classifier]) -> SimpleQueue[Classifier]:
    idle: SimpleQueue[Classifier] = SimpleQueue()
    for classifier in classifiers:
        idle.put(classifier)
    return idle


def _counted(items: Iterator[T], counts: FrameCounts) -> Iterator[T]:
    for item in items:
        counts.produced += 1
        yield item


def _paced(items: Iterator[T], interval: float) -> Iterator[T]:
    due = time.monotonic()
    for item in items:
        yield item
        due = max(due + interval, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
