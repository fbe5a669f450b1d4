"""ModelContract: how to feed one model and read it, from its manifest, else its metadata, else what the user says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from edge_runtime.console.command import logger
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import MAX_LABEL_FILE_BYTES, parse_label_file
from edge_runtime.contracts.manifest import Activation, Task
from edge_runtime.contracts.preprocessing import COLORS, PreprocessSpec, parse_normalization, parse_resize
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model.file import ModelFile, Normalization
from edge_runtime.model.says import UserSays


@dataclass(frozen=True, slots=True)
class ModelContract:
    """Everything between a frame and a label that is not the model itself.

    Attributes:
        task: what its scores say.
        labels: of the classes.
        preprocessing: from a frame to its input.
        activation: what makes probabilities of its output.
        thresholds: one a label; empty where there are none.
        unsaid: which of "activation" and "task" nobody said: they stand for what its outputs have yet to confirm (see
            ``inference.settle``).
        guesses: what was guessed instead of said, each as the option that overrules it.
    """

    task: Task
    labels: tuple[str, ...]
    preprocessing: PreprocessSpec
    activation: Activation
    thresholds: tuple[float, ...] = ()
    unsaid: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()


def resolve_contract(model: ModelFile, said: UserSays) -> ModelContract:
    """Finds the contract of ``model``.

    Our manifest says everything and is not overruled. Otherwise what ``said`` tells comes first, then the TFLite
    metadata; an 8-bit input needs no normalisation, its scale and zero point already do it.

    Args:
        model: read with the same ``said``.
        said: by the user.

    Raises:
        ContractError: something is missing or does not fit; the message says which option fixes it.
    """
    if model.manifest is not None:
        return _from_manifest(model, said)
    classes = max(model.output.shape)
    task = _task(model, said, classes)
    preprocessing, guesses = _preprocessing(model, said)
    if said.task is None and task == "multi-label":
        guesses.append("--task multi-label (its outputs are sigmoids)")
    unsaid = [name for name in ("activation", "task") if getattr(said, name) is None]
    return ModelContract(
        task=task,
        labels=_find_labels(model, said.labels, 2 if task == "binary" else classes),
        preprocessing=preprocessing,
        activation=_activation(model, said, task),
        unsaid=tuple(unsaid) if "activation" in unsaid and model.ends_in == "none" else (),
        guesses=(*model.guesses, *guesses),
    )


def _from_manifest(model: ModelFile, said: UserSays) -> ModelContract:
    assert model.manifest is not None
    for option in said.options():
        raise ContractError(f"{model.path}: the file says its {option} itself; leave --{option} out")
    manifest = model.manifest
    return ModelContract(
        manifest.task, manifest.labels, manifest.preprocessing, manifest.activation, manifest.thresholds
    )


def _task(model: ModelFile, said: UserSays, classes: int) -> Task:
    if said.task is None:
        if classes == 1:
            return "binary"
        return "multi-label" if "sigmoid" in (model.ends_in, said.activation) else "single-label"
    if (said.task == "binary" and classes > 2) or (said.task == "single-label" and classes == 1):
        fits = "1 or 2" if said.task == "binary" else "2 or more"
        raise ContractError(f"{model.path}: --task {said.task} needs a model of {fits} outputs; it has {classes}")
    return cast(Task, said.task)


def _activation(model: ModelFile, said: UserSays, task: Task) -> Activation:
    """What is said; else none after an operator that makes probabilities, and what suits the task after others."""
    if said.activation is not None:
        return cast(Activation, said.activation)
    if model.ends_in != "none":
        return "none"
    return "sigmoid" if task == "multi-label" or max(model.output.shape) == 1 else "softmax"


def _preprocessing(model: ModelFile, said: UserSays) -> tuple[PreprocessSpec, list[str]]:
    """How frames become the input, and what of it is guessed."""
    height, width, channels = model.image_shape
    resize = parse_resize(said.resize or "squash")
    if said.normalization is not None:
        mean, std = parse_normalization(said.normalization)
        if len(mean) not in (1, channels):
            raise ContractError(
                f"{model.path}: --normalization {said.normalization} is for {len(mean)} channels; its input has "
                f"{channels}"
            )
    elif model.input.is_quantized:
        mean, std = _bytes_as_they_are(model.input)
    elif model.normalization is not None:
        mean, std = model.normalization
    else:
        raise ContractError(
            f"{model.path}: the file does not say how pixels become numbers, and a wrong guess costs accuracy "
            "silently; add --normalization -1..1 (MobileNet and most of Keras), 0..1, 0..255, imagenet, or mean,std"
        )
    color = said.color or ("gray" if channels == 1 else "rgb")
    if (color == "gray") != (channels == 1):
        raise ContractError(f"{model.path}: --color {color} does not fit its input of {channels} channels")
    guesses = ["--color rgb"] * (said.color is None and channels == 3) + ["--resize squash"] * (said.resize is None)
    try:
        return PreprocessSpec(height, width, *resize, color=COLORS[color], mean=mean, std=std), guesses
    except ContractError as error:
        raise ContractError(f"{model.path}: {error}") from error


def _bytes_as_they_are(tensor: TensorSpec) -> Normalization:
    """The normalisation by which pixel p becomes the byte p above the type's lowest: what 8-bit models take."""
    return (float(tensor.zero_point - tensor.lowest),), (1.0 / tensor.scale,)


def _find_labels(model: ModelFile, path: str | None, classes: int) -> tuple[str, ...]:
    labels, where = model.labels, str(model.path)
    if path is not None:
        labels, where = _read_label_file(Path(path)), path
    if not labels:
        logger.warning("%s: no labels in the file, classes go by their numbers; add --labels FILE", model.path)
        return tuple(str(index) for index in range(classes))
    if len(labels) != classes:
        one_short = classes == len(labels) + 1
        hint = "; if its first class is the background, put a line for it on top" if one_short else ""
        raise ContractError(f"{where}: {len(labels)} labels for the {classes} classes of {model.path}{hint}")
    return labels


def _read_label_file(path: Path) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_LABEL_FILE_BYTES + 1)
    except OSError as error:
        raise ContractError(f"{path}: cannot read the labels: {error.strerror}") from error
    return parse_label_file(content, str(path))
