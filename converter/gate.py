"""The accuracy gate: whether a converted model may be written. Pure: arrays and numbers in, a verdict out."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from converter.comparison import Labels, predicted_classes
from converter.errors import DataError
from edge_runtime.contracts.manifest import GateVerdict


def judge(
    truth: Labels, reference: NDArray[np.float32], candidate: NDArray[np.float32], max_drop_pp: float
) -> GateVerdict:
    """Compares the top-1 of two models on the same images.

    Args:
        truth: the right classes, (images,).
        reference: the Keras model's scores, (images, classes).
        candidate: the converted model's scores, of the same shape.
        max_drop_pp: how many percentage points top-1 may fall.

    Raises:
        DataError: there is no image, or a score of the reference is no finite number.
    """
    if not np.isfinite(reference).all():
        raise DataError("the Keras model gives scores that are no numbers (NaN or infinite); train it again")
    return judge_counts(
        int((predicted_classes(reference) == truth).sum()),
        int((predicted_classes(candidate) == truth).sum()),
        len(truth),
        max_drop_pp,
        all_finite=bool(np.isfinite(candidate).all()),
    )


def judge_counts(
    reference: int, candidate: int, images: int, max_drop_pp: float, *, all_finite: bool = True
) -> GateVerdict:
    """The verdict on how many of ``images`` each model classified rightly.

    A drop of exactly ``max_drop_pp`` passes: counts are compared as fractions, so no rounding decides.

    Args:
        reference: images the Keras model classified rightly.
        candidate: images the converted model classified rightly.
        images: images in all.
        max_drop_pp: what is allowed, taken as the decimal number it prints as.
        all_finite: whether all of the candidate's scores are numbers; else it does not pass.

    Raises:
        DataError: there is no image.
    """
    if images < 1:
        raise DataError("no evaluation images; the gate cannot judge without")
    drop = Fraction(100 * (reference - candidate), images)
    return GateVerdict(
        metric="top-1",
        reference=reference / images,
        candidate=candidate / images,
        drop_pp=float(drop),
        max_drop_pp=max_drop_pp,
        images=images,
        passed=all_finite and drop <= Fraction(str(max_drop_pp)),
    )
