"""Which images calibrate and which evaluate; an image never does both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converter.config import ConvertConfig
from converter.errors import DataError
from converter.images.draw import draw_balanced
from converter.models import Source
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.contracts.manifest import Task
from edge_runtime.contracts.training import TRAINING_NAME


@dataclass(frozen=True)
class ConversionImages:
    """The images of one conversion.

    Attributes:
        calibration: what ranges are measured on; None where no recipe needs them.
        spare_calibration: all that could have been drawn for it, in the order of drawing.
        evaluation: what the gate is measured on.
    """

    calibration: LabelledImages | None
    spare_calibration: LabelledImages | None
    evaluation: LabelledImages


def choose_images(config: ConvertConfig, source: Source, labels: tuple[str, ...], task: Task) -> ConversionImages:
    """Finds the images: what the user names, else the training and test part of the run.

    Args:
        config: names the user's images, and how many calibrate.
        source: the model.
        labels: its classes.
        task: whether an image shows one of them or any number.

    Raises:
        ContractError: data of the user is missing, empty, or shows something that is none of the model's classes.
        DataError: there are none, the run's images are gone, an image shows several classes where one is possible, or
            an evaluation image trained the model or calibrates it as well, whatever the recipe.
    """
    evaluation = _find(config.eval_data, source, "test", "--eval-data", labels)
    _check_task(evaluation, task)
    if source.record is not None:
        _refuse_overlap(source.record.part("train"), "training", evaluation)
    if config.calibration_data is not None:
        _refuse_overlap(read_dataset(config.calibration_data, labels), "calibration", evaluation)
    if not config.calibrates:
        return ConversionImages(None, None, evaluation)
    calibration = _find(config.calibration_data, source, "train", "--calibration-data", labels)
    spare = draw_balanced(calibration, len(calibration), config.seed)
    drawn = spare.subset(list(range(min(config.calibration_samples, len(spare)))))
    return ConversionImages(drawn, spare, evaluation)


def _find(data: Path | None, source: Source, part: str, option: str, labels: tuple[str, ...]) -> LabelledImages:
    if data is not None:
        return read_dataset(data, labels)
    if source.record is None:
        raise DataError(f"{source.path}: it carries no images; name some with {option}")
    record, of_run = source.path / TRAINING_NAME, source.record.part(part)
    if not len(of_run):
        raise DataError(f"{record}: its split has no images for this; name a folder with {option}")
    if not of_run.path(0).is_file():
        raise DataError(f"{of_run.path(0)}: the data of {record} is gone; put it back, or name a folder with {option}")
    return of_run


def _check_task(images: LabelledImages, task: Task) -> None:
    if task == "multi-label":
        return
    for index, labels in enumerate(images.labels):
        if len(labels) != 1:
            raise DataError(
                f"{images.path(index)}: it shows {len(labels)} classes, but the model is {task}: exactly one is right"
            )


def _refuse_overlap(fitted: LabelledImages, role: str, evaluation: LabelledImages) -> None:
    """Refuses images with the same content; only those are read that have the size of one in the other part."""
    sizes, evaluated_sizes = _sizes(fitted), _sizes(evaluation)
    common = set(sizes) & set(evaluated_sizes) - {None}
    suspects = [index for index, size in enumerate(sizes) if size in common]
    evaluated = evaluation.subset([index for index, size in enumerate(evaluated_sizes) if size in common])
    places = dict(zip(evaluated.digests, range(len(evaluated)), strict=True))
    for index, digest in zip(suspects, fitted.subset(suspects).digests, strict=True):
        if digest in places:
            raise DataError(
                f"{fitted.path(index)} ({role}) and {evaluated.path(places[digest])} (evaluation) are the same image, "
                "so the gate would be measured on what the model was fitted to; remove one"
            )


def _sizes(images: LabelledImages) -> list[int | None]:
    """Of each file in bytes; None where it is gone."""
    paths = (images.path(index) for index in range(len(images)))
    return [path.stat().st_size if path.is_file() else None for path in paths]
