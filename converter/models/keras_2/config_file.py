"""Reads the configuration of a model out of a file of Keras, and which Keras wrote it. Nothing is deserialized."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.errors import SourceError

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_MAX_JSON = 64 << 20
_DROPPED = ("compile_config", "build_config")


@dataclass(frozen=True)
class ConfigFile:
    """What a file says of its model.

    Attributes:
        path: of the file.
        keras_version: of the Keras that wrote it; empty where it is not said, as by the oldest.
        config: of the model, as JSON has it.
        is_zip: whether it is a .keras file of Keras 2.12 or younger, else HDF5.
    """

    path: Path
    keras_version: str
    config: dict[str, Any]
    is_zip: bool

    @property
    def is_keras_2(self) -> bool:
        """Whether Keras 2 or an older one wrote it."""
        return not self.keras_version or self.keras_version.split(".")[0] in ("0", "1", "2")

    def copy_weights(self, folder: Path) -> Path:
        """The file of weights that tf_keras reads; what has to be unpacked goes to ``folder``."""
        if not self.is_zip:
            return self.path
        weights = folder / _WEIGHTS
        with zipfile.ZipFile(self.path) as archive, archive.open(_WEIGHTS) as source, weights.open("wb") as target:
            shutil.copyfileobj(source, target)
        return weights


def read_config_file(path: Path) -> ConfigFile | None:
    """What ``path`` says; None where it has no model's configuration that can be read."""
    try:
        return _read_zip(path) if zipfile.is_zipfile(path) else _read_hdf5(path)
    except (OSError, KeyError, ValueError, RecursionError, zipfile.BadZipFile):
        return None


def _read_zip(path: Path) -> ConfigFile:
    with zipfile.ZipFile(path) as archive:
        for name in (_CONFIG, _METADATA):
            if archive.getinfo(name).file_size > _MAX_JSON:
                raise SourceError(f"{path}: its {name} is larger than {_MAX_JSON >> 20} MiB")
        config, metadata = (json.loads(archive.read(name)) for name in (_CONFIG, _METADATA))
    return ConfigFile(path, str(metadata["keras_version"]), _without_training(_dictionary(config)), is_zip=True)


def _read_hdf5(path: Path) -> ConfigFile:
    import h5py

    with h5py.File(path, "r") as file:
        version, config = (_text(file.attrs.get(name, "")) for name in ("keras_version", "model_config"))
    return ConfigFile(path, version, _without_training(_dictionary(json.loads(config))), is_zip=False)


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _dictionary(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("no configuration")
    return value


def _without_training(value: Any) -> Any:
    """The configuration without what only training needs, at any depth."""
    if isinstance(value, dict):
        return {key: _without_training(inner) for key, inner in value.items() if key not in _DROPPED}
    return [_without_training(inner) for inner in value] if isinstance(value, list) else value
