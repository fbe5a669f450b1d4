"""Loads a file of Keras 2 through tf_keras, in a child process, as a SavedModel."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from converter.errors import SourceError
from converter.models.base import FloatModel
from converter.models.keras_2.allowed import refuse_code
from converter.models.keras_2.config_file import ConfigFile, read_config_file
from edge_runtime.console.child_process import child_command
from edge_runtime.console.command import logger
from edge_runtime.console.extras import MissingExtraError, check_extra
from edge_runtime.model import UserSays

SECONDS = 900.0
_LONGEST = 180


def load_by_keras_2(path: Path, said: UserSays) -> FloatModel | None:
    """The model in a file of Keras 2; None where another Keras wrote it, or nobody can tell.

    Args:
        path: of a file that Keras 3 cannot load.
        said: by the user: its image size, and which of several outputs holds the scores.

    Raises:
        SourceError: it could run code, Keras 2 cannot load it either, or it is no image classifier.
        MissingExtraError: tf_keras is not installed.
    """
    from converter.models.saved_model.float_model import SavedModelFloatModel

    file = read_config_file(path)
    if file is None or not file.is_keras_2:
        return None
    refuse_code(path, file.config)
    try:
        check_extra("keras2", "tf_keras")
    except MissingExtraError as error:
        raise MissingExtraError(f"{path}: Keras 2 wrote it, and Keras 3 cannot load it: {error}") from error
    logger.info("%s: Keras 3 cannot load it; loaded by Keras 2 (tf_keras), and converted as a SavedModel", path)
    with tempfile.TemporaryDirectory(prefix="edge-keras-2-") as name:
        _export(file, Path(name))
        return SavedModelFloatModel.load_folder(Path(name) / "exported", path, said.size, output=said.output)


def _export(file: ConfigFile, folder: Path) -> None:
    """Fills ``folder/exported``."""
    config = folder / "config.json"
    config.write_text(json.dumps(file.config), "utf-8")
    child = Path(__file__).with_name("child.py")
    weights = file.copy_weights(folder)
    command = child_command(str(child), str(config), str(weights.absolute()), str(folder / "exported"))
    environment = os.environ | {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    try:
        done = subprocess.run(  # noqa: S603 - our own code
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"{file.path}: Keras 2 has not loaded it within {SECONDS:g} s") from error
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    for line in said:
        logger.debug("%s", line)
    if done.returncode:
        raise SourceError(f"{file.path}: Keras 2 cannot load it either: {_why(said)}")


def _why(said: list[str]) -> str:
    """The line that an exception of Python ends in: text that goes on over further lines is left out."""
    lines = [line for line in said if line[:1].strip()]
    errors = [line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))]
    return ((errors or lines or ["it ended without a word"])[-1])[:_LONGEST]
