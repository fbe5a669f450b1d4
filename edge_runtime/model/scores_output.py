"""Which output of a model holds the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.errors import ModelFileError

MAX_CLASSES = 100_000
_LISTED = 8


@dataclass(frozen=True, slots=True)
class ModelOutput:
    """One output of a graph.

    Attributes:
        position: among the graph's outputs, from 0.
        tensor: its number in the graph.
        names: in the signature, where there is one, and in the graph.
        shape: as the file announces it.
        found: what it holds; the error that reading it gave where that is nothing we read.
    """

    position: int
    tensor: int
    names: tuple[str, ...]
    shape: tuple[int, ...]
    found: TensorSpec | ModelFileError

    @property
    def spec(self) -> TensorSpec:
        """What it holds.

        Raises:
            ModelFileError: nothing that scores are made of.
        """
        if isinstance(self.found, ModelFileError):
            raise self.found
        return self.found

    @property
    def has_scores_shape(self) -> bool:
        """Whether it is one row of numbers of a type we read."""
        return not isinstance(self.found, ModelFileError) and max(self.shape) == prod(self.shape) <= MAX_CLASSES

    def __str__(self) -> str:
        return f"{self.position} {self.names[0]} {list(self.shape)}"


def choose_output(path: Path, outputs: Sequence[ModelOutput], said: str | None) -> tuple[ModelOutput, str]:
    """The output with the scores, and what is guessed about that, empty where nothing is.

    Args:
        path: of the model, for errors.
        outputs: all there are.
        said: the name or the number of one; None where the user does not say.

    Raises:
        ModelFileError: there is none, or it is no row of scores.
        ContractError: there are several and none is named, or there is none of that name.
    """
    if said is not None:
        chosen, guess = _find(path, outputs, said), ""
    elif len(outputs) == 1:
        chosen, guess = outputs[0], ""
    else:
        chosen = _only_candidate(path, outputs)
        guess = (
            f"--output {chosen.position} ({chosen.names[0]}, the only one of {len(outputs)} with the shape of scores)"
        )
    shape = list(chosen.spec.shape)
    if max(shape) != prod(shape):
        raise ModelFileError(f"{path}: no image classifier: its output has shape {shape}, expected [1, classes]")
    if max(shape) > MAX_CLASSES:
        raise ModelFileError(f"{path}: no image classifier: {max(shape)} classes; at most {MAX_CLASSES}")
    return chosen, guess


def _find(path: Path, outputs: Sequence[ModelOutput], said: str) -> ModelOutput:
    named = [output for output in outputs if said in output.names]
    numbered = [output for output in outputs if said == str(output.position)]
    if not named and not numbered:
        raise ContractError(f"{path}: no output {said!r}; it has: {_listed(outputs)}")
    return (named or numbered)[0]


def _only_candidate(path: Path, outputs: Sequence[ModelOutput]) -> ModelOutput:
    candidates = [output for output in outputs if output.has_scores_shape]
    if not candidates:
        raise ModelFileError(
            f"{path}: no image classifier: none of its {len(outputs)} outputs is a row of scores: {_listed(outputs)}"
        )
    if len(candidates) > 1:
        raise ContractError(
            f"{path}: it has {len(outputs)} outputs; say which holds the scores with --output NAME or its number: "
            f"{_listed(outputs)}"
        )
    return candidates[0]


def _listed(outputs: Sequence[ModelOutput]) -> str:
    more = f" and {len(outputs) - _LISTED} more" if len(outputs) > _LISTED else ""
    return ", ".join(map(str, outputs[:_LISTED])) + more
