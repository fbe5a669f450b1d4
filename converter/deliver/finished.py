"""A finished .tflite: its bytes, and what an export needs to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from converter.errors import ExportError
from edge_runtime.contracts.manifest import ModelManifest
from edge_runtime.model import read_associated_files, read_model_file

_GOLDEN = "edge_golden"


@dataclass(frozen=True)
class FinishedFile:
    """A .tflite of this project.

    Attributes:
        path: where it lies or will lie; exports go beside it and take its name.
        content: all of it.
        manifest: in it.
        golden: the golden set and its images, name to bytes; empty where none travel.
        arena_bytes: what TensorFlow Lite Micro needs for its tensors; None where that was not measured.
    """

    path: Path
    content: bytes
    manifest: ModelManifest
    golden: Mapping[str, bytes]
    arena_bytes: int | None = None


def read_finished_file(path: Path, arena_bytes: int | None = None) -> FinishedFile:
    """Reads ``path``.

    Raises:
        ModelFileError: it is missing, damaged or no image classifier.
        ExportError: it carries no manifest; the message does not name the file.
    """
    manifest = read_model_file(path).manifest
    if manifest is None:
        raise ExportError("it carries no manifest of ours, so it cannot be exported; convert it with edge-convert")
    files = read_associated_files(path)
    golden = {name: content for name, content in files.items() if name.startswith(_GOLDEN)}
    return FinishedFile(path, path.read_bytes(), manifest, golden, arena_bytes)
