"""Whether a model file is the one that was meant."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.errors import ModelFileError
from edge_runtime.model.file import ModelFile, weights_sha256


def file_sha256(path: Path) -> str:
    """The SHA-256 of a whole file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    import hashlib  # here, since OpenSSL behind it costs the device 4 MB for nothing

    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Refuses a file with another SHA-256 than ``expected``, hexadecimal.

    Raises:
        ModelFileError: it has another, or cannot be read.
    """
    try:
        found = file_sha256(path)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot read: {error.strerror}") from error
    if found != expected.lower():
        raise ModelFileError(f"{path}: its SHA-256 is {found}, not {expected.lower()}; it is another file, or damaged")


def check_manifest_sha256(file: ModelFile) -> None:
    """Refuses a file whose weights are not those its manifest vouches for.

    Raises:
        ModelFileError: they are others, or there is no manifest.
    """
    if file.manifest is None:
        raise ModelFileError(f"{file.path}: carries no manifest of ours to verify it by; use --sha256 instead")
    if weights_sha256(file.path) != file.manifest.weights_sha256:
        raise ModelFileError(f"{file.path}: is not what its manifest vouches for: changed or damaged since conversion")
