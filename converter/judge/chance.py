"""Whether a model does better than guessing. Pure: arrays in, numbers out.

A wrong normalisation or a wrong order of the labels makes a good model guess. The model's answers are compared with the
same answers dealt to other images: a permutation test, which needs no assumption on classes or their frequencies, and
in which a model that always answers the same is exactly as good as chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converter.judge.compare import Answers
from converter.judge.gate import metric_of
from edge_runtime.contracts.manifest import Metric

SIGNIFICANCE = 0.05
_DEALS = 1999


@dataclass(frozen=True)
class ChanceCheck:
    """How a model's answers compare with the same answers dealt to other images.

    Attributes:
        metric: what is counted.
        found: the model's figure, 0..1.
        chance: the figure of its answers dealt by chance, on average.
        images: how many were looked at.
        p_value: how often chance alone does as well.
        most: the figure that the model has at the most on other images, with 95 % confidence.
    """

    metric: Metric
    found: float
    chance: float
    images: int
    p_value: float
    most: float

    @property
    def is_above(self) -> bool:
        """Whether the model does better than chance, with 95 % confidence."""
        return self.p_value < SIGNIFICANCE

    @property
    def is_at_chance(self) -> bool:
        """Whether the model guesses, and the images are enough to say so.

        It is not above chance, and with 95 % confidence not even half way from there to perfect.
        """
        return not self.is_above and self.most < (1 + self.chance) / 2

    def summary(self) -> str:
        """Half a sentence with the figures."""
        return (
            f"{self.metric} of the float model is {self.found:.1%} on {self.images} images, where guessing gives "
            f"{self.chance:.1%} (p = {self.p_value:.2g})"
        )


def check_chance(truth: Answers, answers: Answers, metric: Metric) -> ChanceCheck:
    """Compares answers with chance.

    Args:
        truth: the right answers, (images, classes).
        answers: the model's.
        metric: what is counted.
    """
    right = int((truth & answers).sum())
    dealt = _dealt_right(truth, answers)
    positives = (int(truth.sum()) + int(answers.sum())) / 2  # of one class an image: the images
    return ChanceCheck(
        metric=metric,
        found=metric_of(truth, answers, metric),
        chance=float(dealt.mean() / max(positives, 1)),
        images=len(truth),
        p_value=float((1 + (dealt >= right).sum()) / (1 + len(dealt))),
        most=_upper_bound(right, max(1, round(positives))),
    )


def _dealt_right(truth: Answers, answers: Answers) -> NDArray[np.int64]:
    """How many answers are right when they are dealt to the images by chance, once for each deal."""
    generator = np.random.default_rng(0)
    images, classes = np.nonzero(answers)
    return np.array([truth[generator.permutation(len(truth))[images], classes].sum() for _ in range(_DEALS)], np.int64)


def _upper_bound(right: int, possible: int) -> float:
    """The one-sided 95 % bound of a share (Clopper and Pearson 1934)."""
    from scipy import stats

    return float(stats.binomtest(min(right, possible), possible, alternative="less").proportion_ci(0.95).high)
