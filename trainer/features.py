"""Runs the frozen backbone once over all images and keeps the features on disk for the next run."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.command import logger
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.files import OutputError, written_atomically
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.progress import progress_bar
from edge_runtime.preprocess.resize import load_resizers
from trainer.backbones import KerasModel
from trainer.data.batches import BATCH, iterate_batches

_LAYOUT = 1
"""Of the cache files; a change of it lets old ones be."""


@dataclass(frozen=True, eq=False)
class Features:
    """What the backbone makes of each image.

    Attributes:
        indices: of the images that could be decoded, ascending.
        values: float32 (len(indices), features).
    """

    indices: list[int]
    values: NDArray[np.float32]


def extract_features(
    model: KerasModel, images: LabelledImages, spec: PreprocessSpec, *, cached: bool = True
) -> Features:
    """Returns the features of all images, from the cache where they are there.

    Args:
        model: a ``keras.Model`` from images to features.
        images: the images.
        spec: the preprocessing that ``model`` needs.
        cached: whether the cache is read and written.
    """
    if not cached:
        return _compute(model, images, spec)
    path = cache_folder() / f"{_cache_key(model, images, spec)}.npz"
    features = _read(path)
    if features is None:
        features = _compute(model, images, spec)
        _write(path, features)
    else:
        logger.info("features: %d taken from %s", len(features.indices), path)
    return features


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/edge-deploy-kit/features``, by default below ``~/.cache``."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "edge-deploy-kit" / "features"


def _cache_key(model: KerasModel, images: LabelledImages, spec: PreprocessSpec) -> str:
    """A SHA-256 over all that decides the features: weights, preprocessing and the files' contents in their order."""
    digest = hashlib.sha256(repr((_LAYOUT, model.name, spec, load_resizers()[0], images.digests)).encode())
    for array in model.get_weights():
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _compute(model: KerasModel, images: LabelledImages, spec: PreprocessSpec) -> Features:
    indices: list[int] = []
    values = [np.empty((0, model.output_shape[-1]), np.float32)]
    with progress_bar("features", len(images), "image") as bar:
        for batch in iterate_batches(images, spec, skip_unreadable=True):
            if batch.indices:
                values.append(model.predict_on_batch(batch.pixels))
            indices += batch.indices
            bar.update(min(BATCH, len(images) - bar.n))
    return Features(indices, np.concatenate(values))


def _read(path: Path) -> Features | None:
    """What :func:`_write` wrote; None where there is nothing, or it is damaged."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            indices, values = archive["indices"].tolist(), archive["values"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s: damaged, so the features are computed again: %s", path, error)
        return None
    return Features(indices, values)


def _write(path: Path, features: Features) -> None:
    try:
        with written_atomically(path) as temporary:
            np.savez(temporary, indices=np.asarray(features.indices, np.int64), values=features.values)
    except OutputError as error:
        logger.warning("features are not kept for the next run: %s", error)
