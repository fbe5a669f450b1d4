"""What MODEL stands for: today a RUN folder of edge-train, with its Keras model, its contract and its images."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.errors import SourceError, first_line
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.training import MODEL_NAME, TRAINING_NAME, TrainingRecord
from edge_runtime.model_contract import ModelContract

KerasModel = Any
"""A ``keras.Model``; Keras is imported when one is loaded, not before."""


@dataclass(frozen=True)
class SourceModel:
    """A model to convert, before it is loaded.

    Attributes:
        path: MODEL, as the user wrote it.
        keras_file: the Keras model.
        contract: its task, labels, preprocessing and what is still to be applied to its output.
        train_images: what it was trained on.
        test_images: what it has never seen.
        data_fingerprint: of all images of the training run.
        training: the training configuration.
    """

    path: Path
    keras_file: Path
    contract: ModelContract
    train_images: LabelledImages
    test_images: LabelledImages
    data_fingerprint: str
    training: Mapping[str, Any]


def open_source(path: Path) -> SourceModel:
    """Reads what is known of the model at ``path`` without loading it.

    Raises:
        SourceError: it is no RUN folder, its model file is missing or damaged, or its task is not single-label.
        ContractError: its ``training.json`` is missing or breaks the contract.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such folder; expected a RUN folder of edge-train")
    if not path.is_dir():
        raise SourceError(f"{path}: not a folder; this version converts RUN folders of edge-train only")
    record = TrainingRecord.load(path)
    if record.task != "single-label":
        raise SourceError(f"{path / TRAINING_NAME}: task {record.task}; this version converts single-label models only")
    keras_file = path / MODEL_NAME
    if not keras_file.is_file():
        raise SourceError(f"{keras_file}: no such file; train again, or copy the whole RUN folder")
    if not zipfile.is_zipfile(keras_file):
        raise SourceError(f"{keras_file}: damaged or truncated: no Keras file; train again, or copy it again")
    return SourceModel(
        path=path,
        keras_file=keras_file,
        contract=ModelContract(record.task, record.classes, record.preprocessing, record.activation, record.thresholds),
        train_images=record.part("train"),
        test_images=record.part("test"),
        data_fingerprint=record.data.fingerprint,
        training=record.config,
    )


def load_keras_model(source: SourceModel) -> KerasModel:
    """Loads the model and checks that it fits its contract.

    Raises:
        SourceError: the file is damaged, or its input or output is not what the contract says.
    """
    import keras

    try:
        model = keras.models.load_model(source.keras_file, compile=False)
    except Exception as error:  # Keras raises nearly anything on damaged files
        raise SourceError(f"{source.keras_file}: Keras cannot load it: {first_line(error)}") from error
    _check_shape(source, "input", model.input_shape, _wanted_input(source.contract))
    _check_shape(source, "output", model.output_shape, (None, len(source.contract.labels)))
    return model


def _wanted_input(contract: ModelContract) -> tuple[int | None, ...]:
    spec = contract.preprocessing
    return (None, spec.height, spec.width, spec.channels)


def _check_shape(source: SourceModel, role: str, found: Any, wanted: tuple[int | None, ...]) -> None:
    if found != wanted:
        raise SourceError(
            f"{source.keras_file}: its {role} has shape {_shape(found)}, but {TRAINING_NAME} beside it says "
            f"{_shape(wanted)}; the two are of different runs"
        )


def _shape(shape: Any) -> str:
    """As people write it: [any, 48, 48, 3]."""
    if not isinstance(shape, tuple):
        return str(shape)
    return "[" + ", ".join("any" if side is None else str(side) for side in shape) + "]"
