"""Joins the steps of an evaluation: models, images, scores, figures, files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from converter.errors import DataError
from converter.evaluate.answers import Said, changed_images, mistakes_of, said_of, truth_names
from converter.evaluate.data import class_names, has_labels, read_labelled, read_unlabelled
from converter.evaluate.difference import Answered, difference_of
from converter.evaluate.figures import figures_of
from converter.evaluate.report import EvaluationReport, ModelResult, Prediction, PredictionReport
from converter.evaluate.subjects import Subject
from converter.evaluate.text import ScoredBy, rows_csv
from converter.frames import Frames, decode_frames
from converter.images import find_copies
from converter.judge import Answers, Scores, answers_of, truth_of
from edge_runtime.console.command import logger, tool_version
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.labels import match_classes
from edge_runtime.contracts.preprocessing import PreprocessSpec


@dataclass(frozen=True, eq=False)
class Evaluated:
    """An evaluation's report, its rows as CSV, and the folder of its images."""

    report: EvaluationReport | PredictionReport
    rows: str
    root: Path


def evaluate(subjects: Sequence[Subject], data: Path) -> Evaluated:
    """Scores all images with all models and computes the figures.

    Args:
        subjects: the models; the first is what others are compared with.
        data: DATA, or its test part.

    Raises:
        ContractError: DATA is missing or damaged, or shows something that is none of the classes.
        DataError: models and images do not fit one another.
        ImageError: an image cannot be decoded.
        ConversionError: the library that runs a model fails.
    """
    labelled = has_labels(data)
    _name_classes(subjects, data if labelled else None)
    first = subjects[0]
    labels = first.contract.labels
    orders = [_order_of(subject, first) for subject in subjects]
    images = read_labelled(data, labels, first.contract.task) if labelled else read_unlabelled(data, labels)
    _warn_of_training_images(subjects, images)
    scores = [scores[:, order] for scores, order in zip(_score(subjects, images), orders, strict=True)]
    thresholds = [_in_order(s.contract.thresholds, order) for s, order in zip(subjects, orders, strict=True)]
    answers = [answers_of(each, first.contract.task, own) for each, own in zip(scores, thresholds, strict=True)]
    truth = truth_of(images.labels, len(labels)) if labelled else None
    said = [said_of(s.name, labels, a, b, truth) for s, a, b in zip(subjects, answers, scores, strict=True)]
    rows = rows_csv(images, truth_names(images), list(map(ScoredBy, said, scores)))
    if truth is not None:
        report: EvaluationReport | PredictionReport = _evaluation(
            data, images, truth, subjects, scores, answers, said, thresholds
        )
    else:
        predictions = (Prediction(name, tuple(each[i] for each in said)) for i, name in enumerate(images.names))
        report = PredictionReport(_now(), tool_version(), str(data), tuple(predictions))
    return Evaluated(report, rows, images.root)


def _evaluation(
    data: Path,
    images: LabelledImages,
    truth: Answers,
    subjects: Sequence[Subject],
    scores: Sequence[Scores],
    answers: Sequence[Answers],
    said: Sequence[Sequence[Said]],
    thresholds: Sequence[tuple[float, ...]],
) -> EvaluationReport:
    labels, task = images.classes, subjects[0].contract.task
    answered = [
        Answered(subject.name, score, answer, figures_of(labels, truth, score, task, own))
        for subject, score, answer, own in zip(subjects, scores, answers, thresholds, strict=True)
    ]
    results = []
    for subject, model, own, words in zip(subjects, answered, thresholds, said, strict=True):
        worst, surest = mistakes_of(images, truth, model.answers, model.scores, words, task == "multi-label")
        contract = subject.contract
        results.append(
            ModelResult(model.name, contract.preprocessing, contract.activation, own, model.figures, worst, surest)
        )
    return EvaluationReport(
        created_utc=_now(),
        version=tool_version(),
        data=str(data),
        images=len(images),
        classes=labels,
        task=task,
        models=tuple(results),
        differences=tuple(difference_of(truth, answered[0], model) for model in answered[1:]),
        changed=changed_images(images, answers, said),
    )


def _name_classes(subjects: Sequence[Subject], data: Path | None) -> None:
    """Calls the classes of models that say nothing of them as another model does, else as DATA does; which is said."""
    named = {s.contract.labels: s.name for s in reversed(subjects) if not s.is_unlabelled}
    for subject in subjects:
        if not subject.is_unlabelled:
            continue
        of_data = {class_names(data): str(data)} if data is not None and not named else {}
        for labels, place in {**named, **of_data}.items():
            if len(labels) == len(subject.contract.labels) and labels != subject.contract.labels:
                subject.rename_classes(labels)
                text = "%s: its classes are taken for those of %s, in that order; --labels FILE overrules"
                logger.warning(text, subject.name, place)
                break


def _warn_of_training_images(subjects: Sequence[Subject], images: LabelledImages) -> None:
    """Says how many images trained a model, as far as its record tells: figures on them are too good."""
    for subject in subjects:
        if subject.record is None:
            continue
        known = len({place for _, place in find_copies(subject.record.part("train"), images)})
        if known:
            text = "%s: %d of the %d images trained it, so its figures are too good; name its test part alone"
            logger.warning(text, subject.name, known, len(images))


def _order_of(subject: Subject, first: Subject) -> list[int]:
    """Where each class of the first model stands among those of another.

    Raises:
        DataError: the two have other tasks or classes.
    """
    contract, base = subject.contract, first.contract
    if contract.task != base.task or len(contract.labels) != len(base.labels):
        raise DataError(
            f"{subject.name}: {contract.task}, {len(contract.labels)} classes; but {first.name}: {base.task}, "
            f"{len(base.labels)} classes; only models of the same classes stand side by side"
        )
    if contract.labels == base.labels:
        return list(range(len(base.labels)))
    places = match_classes(dict.fromkeys(base.labels, first.name), contract.labels, subject.name, "class")
    return [places[label] for label in base.labels]


def _in_order(thresholds: tuple[float, ...], order: Sequence[int]) -> tuple[float, ...]:
    return tuple(thresholds[place] for place in order) if thresholds else ()


def _score(subjects: Sequence[Subject], images: LabelledImages) -> list[Scores]:
    """The scores of each model; images are decoded once for all models that take them in the same size."""
    decoded: dict[PreprocessSpec, Frames] = {}
    scores = []
    with tempfile.TemporaryDirectory(prefix="edge-eval-") as folder:
        for subject in subjects:
            spec = subject.contract.preprocessing
            size = replace(spec, color="RGB", mean=(0.0,), std=(1.0,))
            if size not in decoded:
                decoded[size] = decode_frames(images, size, f"images {len(decoded) + 1}", Path(folder))
            scores.append(np.asarray(subject.scores(replace(decoded[size], spec=spec)), np.float32))
    return scores


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
