"""Which images calibrate, which choose among files, and which evaluate the chosen one; no image does two of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from converter.config import ENOUGH_CHOOSING, ConvertConfig
from converter.errors import DataError
from converter.images.draw import draw_balanced
from converter.models import Source
from edge_runtime.console.command import logger
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.contracts.manifest import Task
from edge_runtime.contracts.training import TRAINING_NAME

MOST_CHOOSING = 500
"""So many images choose at the most: more narrow the interval of an agreement of 97 % below 1.5 points only slowly."""


@dataclass(frozen=True)
class ConversionImages:
    """The images of one conversion.

    Attributes:
        calibration: what ranges are measured on; None where no recipe needs them.
        spare_calibration: all that could have been drawn for it, in the order of drawing.
        choosing: what files are compared with the float model on, to choose one; None where one recipe was asked for.
        evaluation: what the gate is measured on.
    """

    calibration: LabelledImages | None
    spare_calibration: LabelledImages | None
    choosing: LabelledImages | None
    evaluation: LabelledImages


def choose_images(config: ConvertConfig, source: Source, labels: tuple[str, ...], task: Task) -> ConversionImages:
    """Finds the images: what the user names, else the parts of the run.

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
    check_task(evaluation, task)
    if source.record is not None:
        _refuse_overlap(source.record.part("train"), "training", evaluation)
    if config.calibration_data is not None:
        _refuse_overlap(read_dataset(config.calibration_data, labels), "calibration", evaluation)
    if not config.calibrates:
        return ConversionImages(None, None, None, evaluation)
    calibration = _find(config.calibration_data, source, "train", "--calibration-data", labels)
    spare = draw_balanced(calibration, len(calibration), config.seed)
    if not config.chooses:
        return ConversionImages(_first(spare, config.calibration_samples), spare, None, evaluation)
    others = _others_of_run(config, source, [spare, evaluation])
    if others and config.calibration_data is not None:
        return ConversionImages(_first(spare, config.calibration_samples), spare, _joined(others, config), evaluation)
    held = min(len(spare) // 4, max(0, ENOUGH_CHOOSING - sum(map(len, others))))
    samples = min(config.calibration_samples, len(spare) - held)
    choosing = _joined([*others, spare.subset(list(range(samples, len(spare))))], config)
    if not len(choosing):
        logger.warning("%s: too few images for a choice: those that calibrate choose as well", spare.root)
        choosing = spare
    return ConversionImages(_first(spare, samples), _first(spare, len(spare) - held), choosing, evaluation)


def _others_of_run(config: ConvertConfig, source: Source, taken: Sequence[LabelledImages]) -> list[LabelledImages]:
    """Images of the run that neither calibrate nor evaluate, those first that did not train the model."""
    if source.record is None:
        return []
    names = ("val",) if config.calibration_data is None else ("val", "train")
    parts = [source.record.part(name) for name in names]
    there = [part for part in parts if len(part) and part.path(0).is_file()]
    return [left for part in there if len(left := _without_copies(part, taken))]


def _without_copies(images: LabelledImages, taken: Sequence[LabelledImages]) -> LabelledImages:
    """Those of ``images`` that are in none of ``taken``, by their content."""
    copies = {index for other in taken for index, _ in find_copies(images, other)}
    return images.subset([index for index in range(len(images)) if index not in copies])


def _joined(parts: Sequence[LabelledImages], config: ConvertConfig) -> LabelledImages:
    """Up to ``MOST_CHOOSING`` images of parts in one folder, balanced over the classes, the first part's first."""
    drawn: list[LabelledImages] = []
    for part in parts:
        drawn.append(draw_balanced(part, MOST_CHOOSING - sum(map(len, drawn)), config.seed))
    names, labels = (
        tuple(chain.from_iterable(each)) for each in zip(*((p.names, p.labels) for p in drawn), strict=True)
    )
    return LabelledImages(drawn[0].root, drawn[0].classes, names, labels)


def _first(images: LabelledImages, count: int) -> LabelledImages:
    return images.subset(list(range(min(count, len(images)))))


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


def check_task(images: LabelledImages, task: Task) -> None:
    """Refuses images with several classes, or none, where the model gives one.

    Raises:
        DataError: there is such an image; the message names it.
    """
    if task == "multi-label":
        return
    for index, labels in enumerate(images.labels):
        if len(labels) != 1:
            raise DataError(
                f"{images.path(index)}: it shows {len(labels)} classes, but the model is {task}: exactly one is right"
            )


def _refuse_overlap(fitted: LabelledImages, role: str, evaluation: LabelledImages) -> None:
    """Refuses images with the same content."""
    for index, place in find_copies(fitted, evaluation):
        raise DataError(
            f"{fitted.path(index)} ({role}) and {evaluation.path(place)} (evaluation) are the same image, "
            "so the gate would be measured on what the model was fitted to; remove one"
        )


def find_copies(images: LabelledImages, others: LabelledImages) -> Iterator[tuple[int, int]]:
    """Which image has the same content as which of the others; only those are read that have the size of another."""
    sizes, other_sizes = _sizes(images), _sizes(others)
    common = set(sizes) & set(other_sizes) - {None}
    suspects = [index for index, size in enumerate(sizes) if size in common]
    places = [index for index, size in enumerate(other_sizes) if size in common]
    place_of = dict(zip(others.subset(places).digests, places, strict=True))
    for index, digest in zip(suspects, images.subset(suspects).digests, strict=True):
        if digest in place_of:
            yield index, place_of[digest]


def _sizes(images: LabelledImages) -> list[int | None]:
    """Of each file in bytes; None where it is gone."""
    paths = (images.path(index) for index in range(len(images)))
    return [path.stat().st_size if path.is_file() else None for path in paths]
