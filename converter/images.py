"""Which images calibrate and which evaluate; an image never does both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converter.calibration import draw_balanced
from converter.config import ConvertConfig
from converter.errors import DataError
from converter.source import SourceModel
from edge_runtime.contracts.dataset import LabelledImages, read_image_folder
from edge_runtime.contracts.training import TRAINING_NAME


@dataclass(frozen=True)
class ConversionImages:
    """The images of one conversion.

    Attributes:
        calibration: what ranges are measured on; None where the recipe needs none.
        evaluation: what the gate is measured on.
    """

    calibration: LabelledImages | None
    evaluation: LabelledImages


def choose_images(config: ConvertConfig, source: SourceModel) -> ConversionImages:
    """Finds the images: the user's folders where named, else the training and test part of the run.

    Raises:
        ContractError: a folder of the user is missing, empty, or has a subfolder that is none of the model's classes.
        DataError: the run's images are gone, or a calibration image is an evaluation image as well.
    """
    evaluation = _find(config.eval_data, source.test_images, "--eval-data", source)
    if not config.recipe.needs_calibration:
        return ConversionImages(None, evaluation)
    calibration = _find(config.calibration_data, source.train_images, "--calibration-data", source)
    _refuse_overlap(calibration, evaluation)
    return ConversionImages(draw_balanced(calibration, config.calibration_samples, config.seed), evaluation)


def _find(folder: Path | None, of_run: LabelledImages, option: str, source: SourceModel) -> LabelledImages:
    if folder is not None:
        return read_image_folder(folder, source.contract.labels)
    record = source.path / TRAINING_NAME
    if not len(of_run):
        raise DataError(f"{record}: its split has no images for this; name a folder with {option}")
    if not of_run.path(0).is_file():
        raise DataError(f"{of_run.path(0)}: the data of {record} is gone; put it back, or name a folder with {option}")
    return of_run


def _refuse_overlap(calibration: LabelledImages, evaluation: LabelledImages) -> None:
    evaluated = dict(zip(evaluation.digests, range(len(evaluation)), strict=True))
    for index, digest in enumerate(calibration.digests):
        if digest in evaluated:
            raise DataError(
                f"{calibration.path(index)} (calibration) and {evaluation.path(evaluated[digest])} (evaluation) are "
                "the same image, so the gate would be measured on what the model was fitted to; remove one"
            )
