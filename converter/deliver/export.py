"""What embedded users and devices take beside the .tflite: C source, and a bundle with everything for one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from converter.deliver.bundle import bundle_files
from converter.deliver.c import MARK, c_array_files, c_array_paths
from converter.deliver.finished import FinishedFile, read_finished_file
from converter.errors import ExportError
from edge_runtime.console.files import write_together

_FIRST_LINE = 200
Export = Callable[[FinishedFile], Mapping[Path, bytes]]
EXPORTS: dict[str, Export] = {"c-array": c_array_files, "bundle": bundle_files}


def export_files(file: FinishedFile, exports: Sequence[str]) -> dict[Path, bytes]:
    """The files of some exports, named in ``EXPORTS``, not yet written.

    Raises:
        ExportError: the model cannot be exported so; the message does not name it.
        ModelFileError: the file is damaged.
    """
    files: dict[Path, bytes] = {}
    for name in exports:
        files |= EXPORTS[name](file)
    return files


def ensure_exportable(out: Path, exports: Sequence[str]) -> None:
    """Finds out before the work whether an export would write over a source file of somebody else.

    Raises:
        ExportError: it would.
    """
    for path in c_array_paths(out) if "c-array" in exports else ():
        if path.is_file() and MARK.encode() not in path.read_bytes()[:_FIRST_LINE]:
            raise ExportError(f"{path}: is not of edge-convert; move it away, or give --out another name")


def export_model(model: Path, exports: Sequence[str], arena_bytes: int | None = None) -> list[Path]:
    """Writes exports of an existing file beside it; returns their paths.

    Args:
        model: a .tflite of this project.
        exports: names in ``EXPORTS``.
        arena_bytes: what TensorFlow Lite Micro needs for its tensors, where it was measured.

    Raises:
        ModelFileError: it is missing, damaged or no image classifier.
        ExportError: it carries no manifest, an export would write over a source file of somebody else, or the model
            cannot be exported so.
        OutputError: a file cannot be written.
    """
    ensure_exportable(model, exports)
    try:
        files = export_files(read_finished_file(model, arena_bytes), exports)
    except ExportError as error:
        raise ExportError(f"{model}: {error}") from error
    write_together(files)
    return list(files)
