"""The model files of a run: which file a MODEL means, who reads it, and by what two results know it for the same."""

from __future__ import annotations

from pathlib import Path

from benchmarks.errors import BenchmarkError
from edge_runtime.model import file_sha256


def model_file(model: Path) -> Path:
    """The file to measure: ``model``, or model.keras in it where it is a RUN folder.

    Raises:
        BenchmarkError: there is none.
    """
    file = model / "model.keras" if model.is_dir() else model
    if not file.is_file():
        raise BenchmarkError(f"{file}: no such file; expected a .tflite, a .keras or a RUN folder")
    return file


def is_keras(model: Path) -> bool:
    """Whether a file is for Keras."""
    return model.suffix.lower() in {".keras", ".h5"}


def sha256_if_readable(path: Path) -> str | None:
    """The SHA-256 of the whole file; None where it cannot be read."""
    try:
        return file_sha256(path)
    except OSError:
        return None
