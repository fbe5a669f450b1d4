"""Builds a backbone and fills it with pretrained weights: from ImageNet, bundled, or from a file."""

from __future__ import annotations

import os
import warnings
import zipfile
from importlib import resources
from pathlib import Path

import numpy as np

from edge_runtime.console.command import logger
from trainer.errors import WeightsError
from trainer.networks.base import Backbone, KerasModel, Shape
from trainer.networks.levels import with_levels
from trainer.networks.registry import BUNDLED

_MOMENTUM = 0.9
"""Of BatchNorm from scratch: with Keras's 0.999 a training of a thousand steps would still judge by its first guess."""
_HEADER_BYTES = 1 << 12
"""At most this much of an array in an .npz is its header."""


def build_backbone(backbone: Backbone, shape: Shape, weights: str) -> KerasModel:
    """Returns the backbone with its weights: a ``keras.Model`` from images to features.

    Args:
        backbone: the network.
        shape: what it is built for.
        weights: "imagenet", "bundled", "none", or the path of a file.

    Raises:
        WeightsError: the weights are missing, damaged or do not fit; the message says which file goes where.
    """
    # joined only now: more outputs would change the order in which a file's weights are expected
    return with_levels(backbone, _build_plain(backbone, shape, weights), shape)


def _build_plain(backbone: Backbone, shape: Shape, weights: str) -> KerasModel:
    if weights == "imagenet":
        return _with_imagenet_weights(backbone, shape)
    model = backbone.create(shape, None)
    if weights == "none":
        import keras

        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = _MOMENTUM
        return model
    if weights == "bundled":
        asset = resources.files("trainer") / "assets" / "backbone" / BUNDLED.file
        with resources.as_file(asset) as path:
            load_weights(model, path)
    else:
        load_weights(model, Path(weights))
    return model


def load_weights(model: KerasModel, path: Path) -> None:
    """Fills ``model`` from a Keras ``.h5`` without the top, or an ``.npz`` of ``tools/pretrain_backbone.py``.

    Raises:
        WeightsError: the file is missing, damaged or made for another shape; the message names it.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file; expected imagenet, bundled, none, or an .h5 or .npz file")
    if path.suffix == ".npz":
        _load_npz(model, path)
    elif path.suffix == ".h5":
        _load_h5(model, path)
    else:
        raise WeightsError(f"{path}: weights come in .h5 (Keras, without the top) or .npz files")
    if not all(np.isfinite(array).all() for array in model.get_weights()):
        raise WeightsError(f"{path}: holds weights that are no finite numbers; fetch the file again")


def keras_weights_folder() -> Path:
    """Where ImageNet weights are looked for: ``$KERAS_HOME/models`` (``~/.keras/models``)."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def _with_imagenet_weights(backbone: Backbone, shape: Shape) -> KerasModel:
    assert backbone.imagenet is not None
    path = keras_weights_folder() / backbone.imagenet.file_name(shape.alpha, shape.size)
    if path.is_file():
        model = backbone.create(shape, None)
        load_weights(model, path)
        return model
    logger.info("weights: %s is not there yet, downloading it", path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # at other sizes than its own Keras warns and takes the fallback's weights
            return backbone.create(shape, "imagenet")
    except Exception as error:  # Keras raises a bare Exception where a download fails
        raise WeightsError(
            f"ImageNet weights of {backbone.name}, alpha {shape.alpha}, could not be downloaded; put the file that "
            f"Keras Applications publishes as {path.name} at {path}, or name it after --weights ({error})"
        ) from error


def _load_h5(model: KerasModel, path: Path) -> None:
    try:
        model.load_weights(path)
    except Exception as error:  # h5py and Keras raise nearly anything on damaged or other files
        raise WeightsError(
            f"{path}: does not fit this backbone; expected weights without the top, of the same alpha ({error})"
        ) from error


def _load_npz(model: KerasModel, path: Path) -> None:
    expected = [tuple(array.shape) for array in model.get_weights()]
    limit = sum(4 * int(np.prod(shape)) + _HEADER_BYTES for shape in expected)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > limit:
                raise WeightsError(f"{path}: unpacks to more than the {limit} bytes this backbone can hold")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = [archive[name] for name in sorted(archive.files)]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path}: no .npz file of weights, or damaged: {error}") from error
    if len(arrays) != len(expected):
        raise WeightsError(f"{path}: holds {len(arrays)} arrays where this backbone has {len(expected)}")
    for number, (array, shape) in enumerate(zip(arrays, expected, strict=True)):
        if array.shape != shape or array.dtype not in (np.float16, np.float32):
            found = f"{array.dtype} {list(array.shape)}"
            raise WeightsError(f"{path}: array {number} is {found} where this backbone has float {list(shape)}")
    model.set_weights([array.astype(np.float32) for array in arrays])
