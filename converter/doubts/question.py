"""Whether the float model itself is right: the gate compares with it, and passes what is wrong in the same way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from converter.config import ConvertConfig
from converter.doubts.fits import find_fits
from converter.errors import DataError
from converter.frames import Frames
from converter.judge import METRICS, ChanceCheck, Scores, answers_of, check_chance, truth_of
from converter.models import FloatModel, Source
from converter.results import Fit
from edge_runtime.console.command import logger
from edge_runtime.model import ModelContract


@dataclass(frozen=True)
class Doubts:
    """What there is to say of the float model.

    Attributes:
        chance: how its answers compare with guessing.
        fits: other ways to feed or read it with which it does better, the best first.
        refuses: whether it must not be converted.
    """

    chance: ChanceCheck
    fits: tuple[Fit, ...] = ()
    refuses: bool = False

    @property
    def reason(self) -> str:
        """Why a model that guesses is not converted, and what fits better."""
        return f"{self.chance.summary()}; {self._better()}"

    def _better(self) -> str:
        if not self.fits:
            return "no other normalization or order of channels or labels fits: check --labels and the images"
        return describe(self.fits[0])


def describe(fit: Fit) -> str:
    """Half a sentence: what fits better, and how much."""
    return f"with {fit.option} the float model gets {fit.after:.1%} of {fit.images}"


def question_model(
    config: ConvertConfig,
    source: Source,
    model: FloatModel,
    contract: ModelContract,
    frames: Frames,
    scores: Scores,
) -> Doubts:
    """Compares the float model with guessing; of one trained elsewhere, other ways to feed and read it are tried.

    A RUN folder, and a .tflite of ours, say how the model is fed; if it guesses all the same, that is said, no more.

    Args:
        config: whether a model that guesses may be converted.
        source: MODEL.
        model: loaded.
        contract: how it is fed and read.
        frames: images whose classes are known.
        scores: the float model's, (images, classes).

    Raises:
        DataError: its scores are no numbers.
        ImageError: an image cannot be decoded.
        ConversionError: the library that runs the model fails.
    """
    broken = int((~np.isfinite(scores)).any(axis=1).sum())
    if broken:
        raise DataError(
            f"{source.path}: the float model gives scores that are no numbers (NaN or infinite) for {broken} of "
            f"{len(scores)} images; train it again, or convert a copy from before its weights became NaN"
        )
    truth = truth_of(frames.images.labels, len(contract.labels))
    answers = answers_of(scores, contract.task, contract.thresholds)
    chance = check_chance(truth, answers, METRICS[contract.task])
    if not (chance.is_above or chance.is_at_chance):
        logger.info("%s: %s: too few images to tell these apart (--eval-data)", source.path, chance.summary())
    if source.record is not None or (model.own_file is not None and model.own_file.manifest is not None):
        if chance.is_at_chance:
            logger.warning("%s: %s: look at how it was trained", source.path, chance.summary())
        return Doubts(chance)
    fits = find_fits(model, contract, frames, answers, at_chance=chance.is_at_chance)
    doubts = Doubts(chance, fits, chance.is_at_chance and not config.allow_chance)
    if chance.is_at_chance and not doubts.refuses:
        logger.warning("%s: %s; converted because of --allow-chance", source.path, doubts.reason)
    elif fits and not chance.is_at_chance:
        logger.warning(
            "%s: %s, and %.1f %% as it is (p = %.1g): check how it was trained",
            source.path, describe(fits[0]), 100 * fits[0].before, fits[0].p_value,
        )  # fmt: skip
    return doubts
