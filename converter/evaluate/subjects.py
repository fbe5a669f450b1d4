"""What a user writes as MODEL goes in; something that scores images comes out.

A .tflite runs as on a device, in ``edge_runtime.Classifier``; every other kind as the float model that it is.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from converter.errors import ConfigError, library_failures
from converter.frames import Frames
from converter.judge import Scores, file_scores, float_scores
from converter.models import FloatModel, Source, contract_of_record, load_source, open_source
from converter.quantize import start_tensorflow
from converter.settle import contract_by_answers
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.inference import Classifier
from edge_runtime.model import MODEL_SUFFIXES, ModelContract, UserSays, read_model_file


class Subject(ABC):
    """A model that is evaluated.

    Attributes:
        path: MODEL, as the user wrote it.
        contract: how it is fed and read.
        record: of its training; None where there is none.
    """

    record: TrainingRecord | None = None

    def __init__(self, path: Path, contract: ModelContract) -> None:
        self.path = path
        self.contract = contract

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return str(self.path)

    @property
    def is_unlabelled(self) -> bool:
        """Whether nobody says what its classes are called, so that they go by their numbers."""
        return self.contract.labels == tuple(map(str, range(len(self.contract.labels))))

    def rename_classes(self, labels: Sequence[str]) -> None:
        """Calls its classes so."""
        self.contract = replace(self.contract, labels=tuple(labels))

    @abstractmethod
    def scores(self, frames: Frames) -> Scores:
        """Its probabilities, (images, classes)."""


class FileSubject(Subject):
    """A .tflite of any kind."""

    def __init__(self, path: Path, said: UserSays) -> None:
        """Loads it once, to know how it is fed and read; what is guessed is said."""
        classifier = Classifier(path, backend="litert", threads=1, **said.as_arguments())
        super().__init__(path, classifier.contract)
        classifier.close()
        self._said = said

    def scores(self, frames: Frames) -> Scores:
        """See :class:`Subject`."""
        return file_scores(frames, self.path, self.path.name, self._said)


class FloatSubject(Subject):
    """A RUN folder, a Keras file or a SavedModel."""

    def __init__(self, source: Source, said: UserSays, signature: str | None) -> None:
        """Loads it. TensorFlow must have been started."""
        self._model = load_source(source, said, signature)
        super().__init__(source.path, _contract_of(source, self._model, said))
        self.record = source.record

    def scores(self, frames: Frames) -> Scores:
        """See :class:`Subject`."""
        return float_scores(frames, self.contract, self._model)


def open_subjects(paths: Sequence[Path], said: UserSays, signature: str | None) -> list[Subject]:
    """Opens all models.

    What the user says is for those that do not say it themselves. Where all do, each refuses it.

    Raises:
        ConfigError: a model stands twice, or a signature is said without a SavedModel.
        SourceError: a model is missing, damaged or no image classifier.
        ModelFileError: likewise, of a .tflite.
        ContractError: something is not said that must be, or is said twice.
        MissingExtraError: TensorFlow is needed and not installed.
    """
    if len(set(paths)) < len(paths):
        raise ConfigError("a MODEL stands twice on the command line; name each once")
    sources = {path: None if path.suffix in MODEL_SUFFIXES and path.is_file() else open_source(path) for path in paths}
    if signature is not None and not any(source and source.kind == "saved-model" for source in sources.values()):
        raise ConfigError("only a SavedModel has signatures; leave --signature out")
    if any(sources.values()):
        start_tensorflow()
    silent = [path for path, source in sources.items() if not _says_itself(path, source, said)]
    subjects: list[Subject] = []
    for path, source in sources.items():
        told = said if path in silent or not silent else UserSays()
        if source is None:
            subjects.append(FileSubject(path, told))
        else:
            subjects.append(FloatSubject(source, told, signature if source.kind == "saved-model" else None))
    return subjects


def _says_itself(path: Path, source: Source | None, said: UserSays) -> bool:
    if source is not None:
        return source.record is not None
    return read_model_file(path, said).manifest is not None


def _contract_of(source: Source, model: FloatModel, said: UserSays) -> ModelContract:
    if source.record is not None:
        return contract_of_record(source, said).contract
    with tempfile.TemporaryDirectory(prefix="edge-eval-") as folder:
        with library_failures(f"{source.path}: the model cannot be exported, which tells how it is read"):
            conversion = model.start_conversion(Path(folder) / "exported")
        return contract_by_answers(said, source, model, conversion, Path(folder)).contract
