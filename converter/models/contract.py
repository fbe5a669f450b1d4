"""How to feed a model and read it: its record says it, or its float32 file, the user and what it answers do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from converter.errors import SourceError
from converter.models.base import FloatModel
from converter.models.source import Source
from edge_runtime.console.command import logger
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.contracts.training import TRAINING_NAME
from edge_runtime.inference import make_frames, settled_by, tell_guesses
from edge_runtime.model import ModelContract, UserSays, read_model_file, resolve_contract
from edge_runtime.preprocess import Preprocessor

_BYTES = "0..255"


@dataclass(frozen=True)
class SettledContract:
    """A contract, and how its activation was decided.

    Attributes:
        contract: of the model.
        activation_reason: a sentence for the report.
    """

    contract: ModelContract
    activation_reason: str


def contract_of_record(source: Source, said: UserSays) -> SettledContract:
    """The contract of a RUN folder.

    Raises:
        SourceError: the user says something that the record says already.
    """
    contract = source.contract
    assert contract is not None
    for option in said.options():
        raise SourceError(f"{source.path}: {TRAINING_NAME} says its {option} itself; leave --{option} out")
    return SettledContract(contract, f"{contract.activation}: {TRAINING_NAME} says so")


def contract_of_stranger(source: Source, model: FloatModel, float_file: Path, said: UserSays) -> SettledContract:
    """The contract of a model trained elsewhere, its activation by the last operator.

    Args:
        source: MODEL.
        model: loaded.
        float_file: a float32 .tflite of it.
        said: by the user.

    Raises:
        ContractError: labels or normalisation are missing or do not fit; the message says which option fixes it.
    """
    own = model.own_file
    file = own or replace(read_model_file(float_file), path=source.path)
    contract = resolve_contract(file, _said_of_pixels(source, model, said))
    if said.activation is not None:
        return SettledContract(contract, f"{contract.activation}: --activation says so")
    if own is not None and own.manifest is not None:
        return SettledContract(contract, f"{contract.activation}: the manifest of {source.path.name} says so")
    if file.ends_in != "none":
        return SettledContract(contract, f"none: the model ends in {file.ends_in}, so its outputs are probabilities")
    return SettledContract(contract, f"{contract.activation}: the model ends in neither softmax nor sigmoid")


def _said_of_pixels(source: Source, model: FloatModel, said: UserSays) -> UserSays:
    """What the user says, with the normalisation that an integer input leaves no choice of.

    Raises:
        SourceError: the user says another.
    """
    if not model.takes_bytes:
        return said
    if said.normalization is None:
        logger.info("%s: its input is of integers, so pixels go in as they are (%s)", source.path, _BYTES)
    elif said.normalization != _BYTES:
        raise SourceError(
            f"{source.path}: its input is of integers, so it scales pixels itself; leave --normalization out"
        )
    return replace(said, normalization=_BYTES)


def look_at_outputs(settled: SettledContract, source: Source, model: FloatModel) -> SettledContract:
    """Corrects what the last operator suggests by what the model answers, and says what was guessed.

    The images are those that ``edge-run`` tries a stranger's file with, so both decide alike.

    Args:
        settled: by the last operator.
        source: MODEL.
        model: loaded.
    """
    spec = settled.contract.preprocessing
    preprocess = Preprocessor(spec, TensorSpec((1, *spec.image_shape), "float32"))
    frames = make_frames()
    pixels = np.empty((len(frames), *spec.image_shape), np.float32)
    for number, frame in enumerate(frames):
        preprocess(frame, pixels[number : number + 1])
    contract, meaning = settled_by(settled.contract, model.outputs_of(pixels))
    tell_guesses(source.path, contract.guesses)
    reason = settled.activation_reason
    if meaning is not None:
        raw = "" if meaning.activation == "none" else "the model ends in neither softmax nor sigmoid; "
        reason = f"{meaning.activation}: {raw}{meaning.reason}"
    return SettledContract(contract, reason)
