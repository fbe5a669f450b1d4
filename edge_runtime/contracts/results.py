"""What goes through the runtime: frames in, classifications out. Times are integer nanoseconds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

RESULT_SCHEMA = 1
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source.

    Attributes:
        pixels: uint8 RGB, (height, width, 3).
        source: where it came from: a path or the source's address.
        index: its number in that run, from 0.
        captured_ns: ``time.time_ns()`` when its last byte was there, or when the camera says that it took it: a label
            for people, since a wall clock jumps.
        capture_ns: how long reading and decoding it took.
        monotonic_ns: ``time.monotonic_ns()`` when its last byte was there: ages and durations are measured with it.
        clock_synced: False where no time server has set the wall clock yet, so that ``captured_ns`` may be far off.
    """

    pixels: NDArray[np.uint8]
    source: str
    index: int
    captured_ns: int
    capture_ns: int
    monotonic_ns: int = field(default_factory=time.monotonic_ns)
    clock_synced: bool = True


@dataclass(frozen=True, slots=True)
class FrameFailure:
    """A failed frame: one that could not be used; the run goes on."""

    source: str
    index: int
    error: str
    events: ClassVar[tuple[LabelEvent, ...]] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON line of a failed frame."""
        return {"schema": RESULT_SCHEMA, "source": self.source, "frame": self.index, "error": self.error}


@dataclass(frozen=True, slots=True)
class Category:
    """One class a frame may show; ``score`` is a probability within 0..1."""

    index: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each step took, in nanoseconds."""

    preprocess_ns: int
    invoke_ns: int
    postprocess_ns: int


@dataclass(frozen=True, slots=True)
class ClassificationResult:
    """The categories of one frame, best first, and how long finding them took."""

    categories: tuple[Category, ...]
    timing: Timing

    @property
    def best(self) -> Category | None:
        """The category with the highest score; None where no class reaches its threshold."""
        return self.categories[0] if self.categories else None

    @property
    def timing_ms(self) -> dict[str, float]:
        """The steps' durations in milliseconds: preprocess, invoke, postprocess."""
        return {
            "preprocess": self.timing.preprocess_ns / _NS_PER_MS,
            "invoke": self.timing.invoke_ns / _NS_PER_MS,
            "postprocess": self.timing.postprocess_ns / _NS_PER_MS,
        }


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """A label entered or left: it began, or ceased, to count as there.

    Attributes:
        source, index, captured_ns: of the frame that decided it.
        category: the class and its score in that frame, smoothed where that was asked for.
        duration_ns: None for "entered"; for "left" from the first frame that showed it to the first that did not, or to
            the last one before a gap.
        reason: "gap" where a label left because no frames came for too long; None where a frame did not show it.
        clock_synced: as of that frame.
    """

    kind: Literal["entered", "left"]
    source: str
    index: int
    captured_ns: int
    category: Category
    duration_ns: int | None = None
    reason: Literal["gap"] | None = None
    clock_synced: bool = True

    def to_json(self) -> dict[str, Any]:
        """The JSON line of an event; the milliseconds are rounded to the microsecond."""
        duration = {} if self.duration_ns is None else {"duration_ms": round(self.duration_ns / _NS_PER_MS, 3)}
        return {
            "schema": RESULT_SCHEMA,
            "event": self.kind,
            "source": self.source,
            "frame": self.index,
            "captured_ns": self.captured_ns,
            "index": self.category.index,
            "label": self.category.label,
            "score": round(self.category.score, 6),
            **duration,
            **({} if self.reason is None else {"reason": self.reason}),
            **_mark(self.clock_synced),
        }


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A live source was lost, or is back.

    Attributes:
        source: its address.
        captured_ns: ``time.time_ns()`` when that was noticed, or when the first new frame came.
        reason: why it was lost; "" where it is back.
        clock_synced: as of a frame.
    """

    kind: Literal["source_lost", "source_back"]
    source: str
    captured_ns: int
    reason: str = ""
    clock_synced: bool = True

    def to_json(self) -> dict[str, Any]:
        """The JSON line of it."""
        reason = {"reason": self.reason} if self.reason else {}
        return {
            "schema": RESULT_SCHEMA,
            "event": self.kind,
            "source": self.source,
            "captured_ns": self.captured_ns,
            **reason,
            **_mark(self.clock_synced),
        }


@dataclass(frozen=True, slots=True)
class FrameResult:
    """A classification together with the frame it is about.

    Attributes:
        age_ns: from the frame's capture to its result.
        events: what entered or left with this frame; empty unless they were asked for.
        clock_synced: as of the frame.
    """

    source: str
    index: int
    captured_ns: int
    capture_ns: int
    age_ns: int
    classification: ClassificationResult
    events: tuple[LabelEvent, ...] = ()
    clock_synced: bool = True

    def to_json(self) -> dict[str, Any]:
        """The JSON line of a classified frame; milliseconds are rounded to the microsecond."""
        timing = {"capture": self.capture_ns / _NS_PER_MS, **self.classification.timing_ms}
        return {
            "schema": RESULT_SCHEMA,
            "source": self.source,
            "frame": self.index,
            "captured_ns": self.captured_ns,
            "categories": [
                {"index": category.index, "label": category.label, "score": round(category.score, 6)}
                for category in self.classification.categories
            ],
            "timing_ms": {name: round(value, 3) for name, value in timing.items()},
            "age_ms": round(self.age_ns / _NS_PER_MS, 3),
            **_mark(self.clock_synced),
        }


def _mark(clock_synced: bool) -> dict[str, bool]:
    """What a line says of the wall clock: nothing, where it is set."""
    return {} if clock_synced else {"clock_synced": False}
