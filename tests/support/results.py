"""Results of frames, made by hand."""

from __future__ import annotations

import numpy as np

from edge_runtime.contracts.results import (
    Category,
    ClassificationResult,
    Frame,
    FrameResult,
    LabelEvent,
    Timing,
)


def made_result(index: int = 0, label: str = "glass", score: float = 0.9, *, events: bool = False) -> FrameResult:
    """A result; with ``events`` the label entered with it."""
    category = Category(1, label, score)
    told = (LabelEvent("entered", "made up", index, 7, category),) if events else ()
    found = ClassificationResult((category,), Timing(1_000_000, 2_000_000, 3_000_000))
    return FrameResult("made up", index, 7, 4_000_000, 5_000_000, found, told)


def made_frame(index: int = 0, shade: int = 0, size: tuple[int, int] = (48, 64)) -> Frame:
    """A frame of one shade of grey."""
    return Frame(np.full((*size, 3), shade, np.uint8), "made up", index, 7, 4_000_000)
