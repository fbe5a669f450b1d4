"""Decider: turns the results of single frames into decisions over time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.manifest import Task
from edge_runtime.contracts.results import Category, ClassificationResult, FrameResult, LabelEvent
from edge_runtime.decisions.detection import ThresholdDetector
from edge_runtime.decisions.presence import Change, Presence
from edge_runtime.decisions.settings import DecisionSettings
from edge_runtime.inference import Scores, top_categories

if TYPE_CHECKING:
    from edge_runtime.inference import Classifier

_NS_PER_S = 1_000_000_000

Clock = Callable[[FrameResult], int]
"""When a frame was, in ns from any fixed point."""


def machine_clock(_result: FrameResult) -> int:
    """Now; the wall clock of a device jumps when it finds the network, this one does not."""
    return time.monotonic_ns()


def video_clock(frame_rate: float) -> Clock:
    """The time in a video with so many frames a second, however fast this machine goes through it."""
    return lambda result: round(result.index * _NS_PER_S / frame_rate)


class Decider:
    """Smooths scores, keeps track of what is there, and tells what entered and left.

    Takes results in the order of their frames; not for use by two threads at once.
    """

    def __init__(
        self,
        settings: DecisionSettings,
        labels: Sequence[str],
        task: Task,
        thresholds: float | NDArray[np.float32],
        top_k: int,
        clock_ns: Clock = machine_clock,
    ) -> None:
        """Starts with nothing there.

        Args:
            settings: what to do.
            labels: one a class.
            task: "multi-label" may show several labels at once; otherwise, without hysteresis, only the best counts.
            thresholds: a score below its threshold does not show; one for all, or one a class.
            top_k: how many categories a result has at the most.
            clock_ns: durations are measured with it.
        """
        self._settings = settings
        self._labels = labels
        self._thresholds = thresholds
        self._top_k = top_k
        self._clock_ns = clock_ns
        self._best_only = task != "multi-label"
        self._presence = Presence(round(settings.min_duration * _NS_PER_S))
        self._last_ns: int | None = None
        self._forget_scores()

    @classmethod
    def of(cls, classifier: Classifier, settings: DecisionSettings, frame_rate: float | None = None) -> Decider:
        """One that goes by the labels, task and thresholds of ``classifier``, and by a video's own time if it has one.

        Args:
            classifier: of the results.
            settings: what to do.
            frame_rate: of a video file, in frames a second; None measures with this machine's clock.
        """
        contract, clock_ns = classifier.contract, video_clock(frame_rate) if frame_rate else machine_clock
        return cls(settings, contract.labels, contract.task, classifier.thresholds, classifier.top_k, clock_ns)

    def decide(self, result: FrameResult, scores: Scores) -> FrameResult:
        """The result with decided categories, and what entered or left with it.

        Args:
            result: of one frame.
            scores: of all its classes, float32, (classes,).
        """
        now_ns = self._clock_ns(result)
        ended = self._end_after_gap(now_ns)
        self._last_ns = now_ns
        if self._smoother is not None:
            scores = self._smoother.update(scores)
        shown = np.flatnonzero(self._detector.update(scores)).tolist()
        changes = self._presence.update(shown, now_ns)
        decided = ClassificationResult(self._categories(scores), result.classification.timing)
        events = [self._event(change, scores, result, "gap") for change in ended]
        events += [self._event(change, scores, result) for change in changes]
        return replace(result, classification=decided, events=tuple(events) if self._settings.events else ())

    def _end_after_gap(self, now_ns: int) -> list[Change]:
        """What has left with a gap before this frame: a time that nobody saw is neither presence nor absence."""
        last_ns = self._last_ns
        if last_ns is None or now_ns - last_ns <= self._settings.max_gap * _NS_PER_S:
            return []
        self._forget_scores()
        return self._presence.end(last_ns)

    def _forget_scores(self) -> None:
        self._smoother = self._settings.make_smoother()
        self._detector = self._settings.make_hysteresis() or ThresholdDetector(
            self._thresholds, best_only=self._best_only
        )

    def _categories(self, scores: Scores) -> tuple[Category, ...]:
        thresholds = self._thresholds
        if self._settings.uses_presence:
            thresholds = np.full(scores.shape, np.inf, np.float32)
            thresholds[list(self._presence.there)] = -np.inf
        return top_categories(scores, self._labels, self._top_k, thresholds)

    def _event(
        self, change: Change, scores: Scores, result: FrameResult, reason: Literal["gap"] | None = None
    ) -> LabelEvent:
        return LabelEvent(
            kind="entered" if change.duration_ns is None else "left",
            source=result.source,
            index=result.index,
            captured_ns=result.captured_ns,
            category=Category(change.index, self._labels[change.index], float(scores[change.index])),
            duration_ns=change.duration_ns,
            reason=reason,
            clock_synced=result.clock_synced,
        )
