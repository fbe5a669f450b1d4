"""By which two results are known to be of the same model."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.model import file_sha256


def sha256_if_readable(path: Path) -> str | None:
    """The SHA-256 of the whole file; None where it cannot be read."""
    try:
        return file_sha256(path)
    except OSError:
        return None
