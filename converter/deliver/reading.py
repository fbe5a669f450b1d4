"""What an export needs to know of a .tflite."""

from __future__ import annotations

import tempfile
from pathlib import Path

from converter.errors import ExportError
from edge_runtime.contracts.manifest import ModelManifest
from edge_runtime.model import read_associated_files, read_model_file


def read_content(content: bytes, where: Path) -> tuple[ModelManifest, dict[str, bytes]]:
    """The manifest and the associated files in the bytes of a file.

    Raises:
        ModelFileError: they are no image classifier.
        ExportError: it carries no manifest.
    """
    with tempfile.TemporaryDirectory(prefix="edge-export-") as folder:
        path = Path(folder) / where.name
        path.write_bytes(content)
        manifest = read_model_file(path).manifest
        files = read_associated_files(path)
    if manifest is None:
        raise ExportError(
            f"{where}: carries no manifest of ours, so it cannot be exported; convert it with edge-convert"
        )
    return manifest, files
