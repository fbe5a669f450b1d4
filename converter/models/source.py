"""What MODEL stands for, read without loading it; and the loading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from converter.errors import LoadError, SourceError, library_failures
from converter.models.base import FloatModel, describe_shape
from converter.models.keras_2 import load_by_keras_2
from converter.models.saved_model import MODEL_FILE
from edge_runtime.contracts.training import MODEL_NAME, TRAINING_NAME, TrainingRecord
from edge_runtime.model import MODEL_SUFFIXES, ModelContract, UserSays, edge_tpu_advice
from edge_runtime.registry import Registry

Kind = Literal["run", "keras", "saved-model", "tflite"]
_KINDS: dict[str, Kind] = {
    ".keras": "keras",
    ".h5": "keras",
    ".hdf5": "keras",
    **dict.fromkeys(MODEL_SUFFIXES, "tflite"),
}
_FLOAT_MODELS = Registry(
    "kind of MODEL",
    {
        "keras": "converter.models.keras:KerasFloatModel",
        "saved-model": "converter.models.saved_model.float_model:SavedModelFloatModel",
        "tflite": "converter.models.tflite:TFLiteFloatModel",
    },
)
_EXPECTED = "a RUN folder of edge-train, a .keras or .h5 file, a SavedModel folder, or a float .tflite"


@dataclass(frozen=True)
class Source:
    """A model to convert, before it is loaded.

    Attributes:
        path: MODEL, as the user wrote it.
        kind: what it is.
        record: of its training; None for a model trained elsewhere.
    """

    path: Path
    kind: Kind
    record: TrainingRecord | None = None

    @property
    def file(self) -> Path:
        """What is loaded."""
        return self.path / MODEL_NAME if self.kind == "run" else self.path

    @property
    def contract(self) -> ModelContract | None:
        """What its record says of input and output; None for a model trained elsewhere."""
        record = self.record
        if record is None:
            return None
        return ModelContract(record.task, record.classes, record.preprocessing, record.activation, record.thresholds)


def open_source(path: Path) -> Source:
    """Finds out what is at ``path`` without loading it.

    Raises:
        SourceError: nothing that can be converted.
        ModelFileError: a .tflite that is damaged.
        ContractError: the ``training.json`` of a RUN folder is missing or breaks the contract.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder; expected {_EXPECTED}")
    if (path / MODEL_FILE).is_file():
        return Source(path, "saved-model")
    if path.is_dir():
        record = TrainingRecord.load(path)
        if not (path / MODEL_NAME).is_file():
            raise SourceError(f"{path / MODEL_NAME}: no such file; train again, or copy the whole RUN folder")
        return Source(path, "run", record)
    kind = _KINDS.get(path.suffix)
    if kind is None:
        raise SourceError(f"{path}: expected {_EXPECTED}")
    if kind == "tflite" and (advice := edge_tpu_advice(path)):
        raise SourceError(f"{path}: {advice}; to convert it anew, the float model")
    return Source(path, kind)


def load_source(source: Source, said: UserSays | None = None, signature: str | None = None) -> FloatModel:
    """Loads the model.

    Args:
        source: what to load.
        said: by the user; None for nothing.
        signature: of a SavedModel; None takes the default one, or the only one.

    Raises:
        SourceError: it is damaged, holds code, is no image classifier, or is not what its record says.
        ModelFileError: a .tflite that is damaged or no image classifier.
    """
    with library_failures(f"{source.file}: it cannot be loaded", SourceError):
        model = _load(source, said or UserSays(), signature)
    if source.contract is not None:
        _check_against_record(model, source.contract)
    return model


def _load(source: Source, said: UserSays, signature: str | None) -> FloatModel:
    kind = "keras" if source.kind == "run" else source.kind
    try:
        model: FloatModel = _FLOAT_MODELS.load(kind).load(source.file, said, signature)
        return model
    except LoadError:
        older = load_by_keras_2(source.file, said) if kind == "keras" else None
        if older is None:
            raise
        return older


def _check_against_record(model: FloatModel, contract: ModelContract) -> None:
    spec = contract.preprocessing
    found = model.output_shape
    outputs = {len(contract.labels)} | ({1} if contract.task == "binary" else set())
    for role, shape, fits, wanted in (
        ("input", (None, *model.image_shape), model.image_shape == (spec.height, spec.width, spec.channels),
         (None, spec.height, spec.width, spec.channels)),
        ("output", found, found[-1] in outputs, (None, len(contract.labels))),
    ):  # fmt: skip
        if not fits:
            raise SourceError(
                f"{model.path}: its {role} has shape {describe_shape(shape)}, but {TRAINING_NAME} beside it says "
                f"{describe_shape(wanted)}; the two are of different runs"
            )
