"""What a training phase keeps on disk after each epoch, so that Ctrl-C or a crash costs one epoch at the most."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.console.command import logger
from edge_runtime.console.files import written_atomically
from trainer.errors import ResumeError

CHECKPOINT_NAME = "checkpoint"
"""The folder below RUN; gone when the run is whole."""

_IDENTITY = "identity.json"
Arrays = list[NDArray[Any]]


@dataclass(frozen=True, eq=False)
class PhaseState:
    """A phase after some epochs.

    Attributes:
        figures: for each figure ("loss", "val_loss", …) its value after each epoch.
        variables: of the model, random states included.
        optimizer: the optimiser's variables.
        kept: the weights that stay if it ends here.
    """

    figures: dict[str, list[float]]
    variables: Arrays
    optimizer: Arrays
    kept: Arrays

    @property
    def epochs(self) -> int:
        """How many are done."""
        return len(self.figures["loss"])


class Checkpoints:
    """The folder in which the phases of one run keep their states."""

    def __init__(self, run: Path, *, writes: bool = True) -> None:
        """Names the folder, and whether this process writes there: of several that train together only one does."""
        self.folder = run / CHECKPOINT_NAME
        self._writes = writes
        self._resumes = False
        self._identity: dict[str, Any] = {}

    def start(self, identity: dict[str, Any], *, resume: bool) -> None:
        """Prepares the folder for a training.

        Args:
            identity: what must be equal for a training to go on: configuration and fingerprint of the data.
            resume: go on where an earlier training was interrupted; without, its states are dropped.

        Raises:
            ResumeError: there is nothing to go on with, or it belongs to another training.
        """
        path = self.folder / _IDENTITY
        self._resumes, self._identity = resume, identity
        if resume and not path.is_file():
            raise ResumeError(f"{self.folder}: no interrupted training to go on with; leave --resume out")
        if resume:
            _refuse_another(_read_identity(path), identity, self.folder)
            return
        if self._writes and path.is_file():
            logger.warning("%s: dropping an interrupted training; --resume would have gone on with it", self.folder)
        self.clear()

    def clear(self) -> None:
        """Removes all states."""
        if self._writes:
            shutil.rmtree(self.folder, ignore_errors=True)

    def load(self, phase: str, wanted: PhaseState) -> PhaseState | None:
        """The state of a phase; None where it has none, or the training begins anew.

        Args:
            phase: its name.
            wanted: a state with the shapes that fit the model.

        Raises:
            ResumeError: the file is damaged or was made for another model.
        """
        path = self.folder / f"{phase}.npz"
        if not self._resumes or not path.is_file():
            return None
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                groups = [
                    [archive[f"{group}{number}"] for number in range(len(arrays))]
                    for group, arrays in _groups(wanted).items()
                ]
                figures = json.loads(archive["figures"].tobytes())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ResumeError(f"{path}: damaged; train anew, without --resume: {error}") from error
        state = PhaseState(figures, *groups)
        if [a.shape for a in _flat(state)] != [a.shape for a in _flat(wanted)]:
            raise ResumeError(f"{path}: made for another model; train anew, without --resume")
        return state

    def save(self, phase: str, state: PhaseState) -> None:
        """Keeps the state of a phase, in place of its earlier one.

        Raises:
            OutputError: the disk is full or the folder cannot be written.
        """
        if not self._writes:
            return
        if not (self.folder / _IDENTITY).is_file():
            with written_atomically(self.folder / _IDENTITY) as temporary:
                temporary.write_text(json.dumps(self._identity), "utf-8")
        arrays: dict[str, Any] = {
            f"{group}{n}": array for group, items in _groups(state).items() for n, array in enumerate(items)
        }
        figures = np.frombuffer(json.dumps(state.figures).encode(), np.uint8)
        with written_atomically(self.folder / f"{phase}.npz") as temporary:
            np.savez(temporary, figures=figures, **arrays)


def _groups(state: PhaseState) -> dict[str, Arrays]:
    return {"variable": state.variables, "optimizer": state.optimizer, "kept": state.kept}


def _flat(state: PhaseState) -> Arrays:
    return [array for arrays in _groups(state).values() for array in arrays]


def _read_identity(path: Path) -> dict[str, Any]:
    try:
        identity = json.loads(path.read_text("utf-8"))
        if not isinstance(identity, dict):
            raise ValueError("no object")
    except (OSError, ValueError) as error:
        raise ResumeError(f"{path}: damaged; train anew, without --resume: {error}") from error
    return identity


def _refuse_another(found: dict[str, Any], wanted: dict[str, Any], folder: Path) -> None:
    for name in wanted:
        if found.get(name) != json.loads(json.dumps(wanted[name])):  # a tuple comes back as a list
            raise ResumeError(
                f"{folder}: the interrupted training had {name} {_shown(found.get(name))}, this one has "
                f"{_shown(wanted[name])}; use the same, or train anew without --resume"
            )


def _shown(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else repr(value)
