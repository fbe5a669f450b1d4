"""A panel: images on which files are compared with the float model. One chooses a file, another judges the chosen."""

from __future__ import annotations

from functools import cached_property

from converter.candidate import Judged
from converter.frames import Frames
from converter.judge import (
    Disagreement,
    Limits,
    Scores,
    file_scores,
    float_scores,
    judge_scores,
    worst_disagreements,
)
from converter.models import FloatModel
from converter.quantize.package import Package
from edge_runtime.model import ModelContract


class Panel:
    """Images, and what the float model says of them.

    Attributes:
        frames: decoded once.
    """

    def __init__(self, frames: Frames, contract: ModelContract, model: FloatModel, limits: Limits) -> None:
        """Takes everything together; the float model runs when it is first asked for."""
        self.frames = frames
        self._contract = contract
        self._model = model
        self._limits = limits

    @cached_property
    def reference(self) -> Scores:
        """The float model's scores.

        Raises:
            ConversionError: the library that runs it fails.
        """
        return float_scores(self.frames, self._contract, self._model)

    def judge(self, package: Package) -> Judged:
        """Runs a file on the images, and compares it with the float model.

        Raises:
            BackendError: the interpreter does not take it, or fails.
        """
        scores = file_scores(self.frames, package.path, package.variant.name)
        labels = self.frames.images.labels
        return Judged(package, scores, *judge_scores(labels, self._contract, self.reference, scores, self._limits))

    def disagreements_of(self, judged: Judged) -> tuple[Disagreement, ...]:
        """The images that it answers otherwise than the float model, the worst first."""
        return worst_disagreements(self.frames.images, self._contract, self.reference, judged.scores)
