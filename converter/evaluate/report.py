"""What an evaluation found: the content of ``--out REPORT.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass

from converter.evaluate.answers import Changed, Mistake, Said
from converter.evaluate.difference import Difference
from converter.evaluate.figures import Figures
from edge_runtime.contracts.codec import encode
from edge_runtime.contracts.manifest import Task
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.versioned import Versioned


@dataclass(frozen=True)
class ModelResult:
    """One model.

    Attributes:
        name: MODEL, as the user wrote it.
        preprocessing: how it was fed.
        activation: what makes probabilities of its output.
        thresholds: from which score on each label counts; empty for one class an image.
        figures: how good it is.
        worst: the mistakes in which what the image shows is least likely.
        surest: the mistakes with the highest score.
    """

    name: str
    preprocessing: PreprocessSpec
    activation: str
    thresholds: tuple[float, ...]
    figures: Figures
    worst: tuple[Mistake, ...]
    surest: tuple[Mistake, ...]


@dataclass(frozen=True)
class EvaluationReport(Versioned):
    """An evaluation.

    Attributes:
        created_utc: when.
        version: of this project.
        data: DATA, as it was read.
        images: how many.
        classes: their names.
        task: what scores say.
        models: in the order of the command line.
        differences: of each further model to the first.
        changed: the images on which models differ.
    """

    created_utc: str
    version: str
    data: str
    images: int
    classes: tuple[str, ...]
    task: Task
    models: tuple[ModelResult, ...]
    differences: tuple[Difference, ...]
    changed: tuple[Changed, ...]
    schema: int = 1

    def to_json(self) -> str:
        """The file's content."""
        return _to_json(self)


@dataclass(frozen=True)
class Prediction:
    """What models say of one image."""

    image: str
    said: tuple[Said, ...]


@dataclass(frozen=True)
class PredictionReport(Versioned):
    """What models say of images without labels.

    Attributes:
        created_utc: when.
        version: of this project.
        data: the folder.
        predictions: each image, in the order of their names.
    """

    created_utc: str
    version: str
    data: str
    predictions: tuple[Prediction, ...]
    schema: int = 1

    def to_json(self) -> str:
        """The file's content."""
        return _to_json(self)


def _to_json(report: EvaluationReport | PredictionReport) -> str:
    return json.dumps(encode(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
