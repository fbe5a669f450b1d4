"""Whether a row gives the reference's answers: a fast wrong answer is worth nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from benchmarks.measure.protocol import Agreement

SAME_FILE_TOLERANCE = 1e-2
"""By how much a probability may differ from the reference's where both run the very same file."""


def compare_scores(found: NDArray[np.float32], reference: NDArray[np.float32]) -> Agreement:
    """Compares probabilities, both (images, classes).

    Raises:
        BenchmarkError: the two do not have the same classes.
    """
    if found.shape != reference.shape:
        raise BenchmarkError(
            f"it scores {found.shape[-1]} classes, the reference {reference.shape[-1]}; they are not the same task"
        )
    difference = np.abs(found.astype(np.float64) - reference)
    same = found.argmax(axis=1) == reference.argmax(axis=1)
    worst = np.where(np.isfinite(difference), difference, 1.0)  # what is no number is as wrong as can be
    return Agreement(len(found), float(worst.max()), float(worst.mean()), float(same.mean()))


def disagreement(agreement: Agreement, same_file: bool, min_same_top1: float) -> str | None:
    """Why the answers are not the reference's; None where they are.

    Args:
        agreement: how they compare.
        same_file: both ran the very same model file, so that its numbers must come out.
        min_same_top1: the least share of images with the same best class.
    """
    if agreement.same_top1 < min_same_top1:
        return (
            f"wrong answers: the best class is the reference's on {agreement.same_top1:.1%} of "
            f"{agreement.images} images; {min_same_top1:.1%} are needed"
        )
    if same_file and agreement.max_difference > SAME_FILE_TOLERANCE:
        return (
            f"wrong answers: a probability differs from the reference's by {agreement.max_difference:.3f} on the same "
            f"file; {SAME_FILE_TOLERANCE:g} is allowed"
        )
    return None
