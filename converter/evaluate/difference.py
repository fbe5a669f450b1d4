"""How the answers of one model differ from those of another on the same images. Pure: arrays in, values out."""

from __future__ import annotations

from dataclasses import dataclass

from converter.evaluate.figures import Figures
from converter.judge import Answers, Scores, count_images, drop_interval, same_answers
from edge_runtime.contracts.manifest import Metric


@dataclass(frozen=True)
class Difference:
    """A model against the first one.

    Attributes:
        model: the name of the one.
        base: the name of the first.
        metric: what is compared.
        difference_pp: by how many percentage points the model is better; below 0 where it is worse.
        interval_pp: the 95 % interval of that, paired by image.
        agreement: the share of images with the same answer.
        gained: how many images only the model has wholly right.
        lost: how many only the first has.
    """

    model: str
    base: str
    metric: Metric
    difference_pp: float
    interval_pp: tuple[float, float]
    agreement: float
    gained: int
    lost: int


@dataclass(frozen=True, eq=False)
class Answered:
    """A model's name, scores, answers and figures."""

    name: str
    scores: Scores
    answers: Answers
    figures: Figures


def difference_of(truth: Answers, base: Answered, model: Answered) -> Difference:
    """Compares ``model`` with ``base`` by the metric of the gate."""
    metric = base.figures.metric
    counts = [count_images(truth, each.answers, metric) for each in (base, model)]
    low, high = drop_interval(*counts)
    right = [(truth == each.answers).all(axis=1) for each in (base, model)]
    return Difference(
        model=model.name,
        base=base.name,
        metric=metric,
        difference_pp=100 * (model.figures.value - base.figures.value),
        interval_pp=(-high, -low),
        agreement=float(same_answers(base.answers, model.answers, model.scores).mean()),
        gained=int((right[1] & ~right[0]).sum()),
        lost=int((right[0] & ~right[1]).sum()),
    )
