"""ModelContract: how to feed one model and read it, from its manifest, else its metadata, else what the user says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_runtime.console.command import logger
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import MAX_LABEL_FILE_BYTES, parse_label_file
from edge_runtime.contracts.manifest import Activation, Task
from edge_runtime.contracts.preprocessing import ColorOrder, PreprocessSpec, parse_normalization, parse_resize
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model.file import ModelFile, Normalization


@dataclass(frozen=True, slots=True)
class UserSays:
    """What a user adds for a model that does not say it itself, in the words of the command line.

    Attributes:
        labels: a label file, as ``contracts.labels`` reads them.
        normalization: see ``contracts.preprocessing.parse_normalization``.
        resize: see ``contracts.preprocessing.parse_resize``.
    """

    labels: Path | None = None
    normalization: str | None = None
    resize: str | None = None


@dataclass(frozen=True, slots=True)
class ModelContract:
    """Everything between a frame and a label that is not the model itself."""

    task: Task
    labels: tuple[str, ...]
    preprocessing: PreprocessSpec
    activation: Activation
    thresholds: tuple[float, ...] = ()


def resolve_contract(model: ModelFile, said: UserSays) -> ModelContract:
    """Finds the contract of ``model``.

    Our manifest says everything and is not overruled. Otherwise the labels and normalisation come from ``said``, else
    from the TFLite metadata; an 8-bit input needs no normalisation, its scale and zero point already do it.

    Raises:
        ContractError: something is missing or does not fit; the message says which option fixes it.
    """
    if model.manifest is not None:
        return _from_manifest(model, said)
    classes = max(model.output.shape)
    activation: Activation = "softmax" if model.ends_in == "none" else "none"
    task: Task = "single-label"
    if classes == 1:
        task = "binary"
        activation = "sigmoid" if model.ends_in == "none" else "none"
    elif model.ends_in == "sigmoid":
        task = "multi-label"
    return ModelContract(
        task=task,
        labels=_find_labels(model, said.labels, max(classes, 2)),
        preprocessing=_preprocessing(model, said),
        activation=activation,
    )


def _from_manifest(model: ModelFile, said: UserSays) -> ModelContract:
    assert model.manifest is not None
    for option in ("labels", "normalization", "resize"):
        if getattr(said, option) is not None:
            raise ContractError(f"{model.path}: the file says its {option} itself; leave --{option} out")
    manifest = model.manifest
    return ModelContract(
        manifest.task, manifest.labels, manifest.preprocessing, manifest.activation, manifest.thresholds
    )


def _preprocessing(model: ModelFile, said: UserSays) -> PreprocessSpec:
    _, height, width, channels = model.input.shape
    color: ColorOrder = "GRAY" if channels == 1 else "RGB"
    resize = parse_resize(said.resize or "squash")
    if said.normalization is not None:
        mean, std = parse_normalization(said.normalization)
    elif model.input.is_quantized:
        mean, std = _bytes_as_they_are(model.input)
    elif model.normalization is not None:
        mean, std = model.normalization
    else:
        raise ContractError(
            f"{model.path}: the file does not say how pixels become numbers, and a wrong guess costs accuracy "
            "silently; add --normalization -1..1 (MobileNet and most of Keras), 0..1, 0..255, imagenet, or mean,std"
        )
    try:
        return PreprocessSpec(height, width, *resize, color=color, mean=mean, std=std)
    except ContractError as error:
        raise ContractError(f"{model.path}: {error}") from error


def _bytes_as_they_are(tensor: TensorSpec) -> Normalization:
    """The normalisation by which pixel p becomes the byte p above the type's lowest: what 8-bit models take."""
    return (float(tensor.zero_point - tensor.lowest),), (1.0 / tensor.scale,)


def _find_labels(model: ModelFile, path: Path | None, classes: int) -> tuple[str, ...]:
    labels, where = model.labels, str(model.path)
    if path is not None:
        labels, where = _read_label_file(path), str(path)
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
