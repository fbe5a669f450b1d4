"""TrainingRecord: ``training.json``, which a training run leaves beside ``model.keras`` and the converter reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.dataset import PARTS, LabelledImages
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import validate_labels
from edge_runtime.contracts.manifest import Activation, Task
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.versioned import Versioned

TRAINING_NAME = "training.json"
MODEL_NAME = "model.keras"
TRAINING_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class LabelledName:
    """One image of a split: its path below the data folder and the classes it shows."""

    name: str
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DataRecord:
    """The data a model was trained on, and how it was split.

    Attributes:
        root: the data folder, absolute.
        fingerprint: of all images (``LabelledImages.fingerprint``).
        split: the images of "train", "val" and "test"; no file content stands in two of them.
    """

    root: str
    fingerprint: str
    split: Mapping[str, tuple[LabelledName, ...]]

    def __post_init__(self) -> None:
        if set(self.split) != set(PARTS):
            raise ContractError(f"split: needs the parts {', '.join(PARTS)}, got {', '.join(self.split)}")


@dataclass(frozen=True, slots=True)
class TrainingRecord(Versioned):
    """Everything a training run says about itself.

    Attributes:
        classes: the labels, in the order of the model's outputs.
        activation: what is still to be applied to the model's output; "none" where it ends in probabilities.
        config: the full configuration.
        history: for each phase ("head", "fine-tuning"; from scratch "training") the figures of each epoch: loss,
            accuracy, val_loss, …
        metrics: on the test part: loss, accuracy, per_class, confusion_matrix.
        seconds: for each phase.
        versions: package name to version.

    Raises:
        ContractError: the parts contradict one another.
    """

    versions_at: ClassVar[tuple[str, ...]] = ("versions",)

    created_utc: str
    task: Task
    classes: tuple[str, ...]
    activation: Activation
    preprocessing: PreprocessSpec
    data: DataRecord
    config: Mapping[str, Any]
    history: Mapping[str, Mapping[str, tuple[float, ...]]]
    metrics: Mapping[str, Any]
    seconds: Mapping[str, float]
    versions: Mapping[str, str]
    thresholds: tuple[float, ...] = ()
    schema: int = TRAINING_SCHEMA

    def __post_init__(self) -> None:
        validate_labels(self.classes)

    def part(self, name: str) -> LabelledImages:
        """The images of one part of the split: "train", "val" or "test"."""
        items = self.data.split[name]
        return LabelledImages(
            Path(self.data.root),
            self.classes,
            tuple(item.name for item in items),
            tuple(item.labels for item in items),
        )

    def to_json(self) -> str:
        """The record as JSON text, without blanks: it has an entry for each image."""
        return json.dumps(encode(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, run: Path) -> TrainingRecord:
        """Reads the record of the RUN folder ``run``.

        Raises:
            ContractError: there is none, or it is not what :meth:`to_json` wrote.
        """
        path = run / TRAINING_NAME
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ContractError(
                f"{path}: cannot read: {error.strerror}; expected a RUN folder of edge-train"
            ) from error
        return decode(cls, parse_json(content, str(path)), str(path))
