"""What embedded users and devices take beside the .tflite: C arrays, and a bundle with everything for one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from converter.deliver.bundle import bundle_files
from converter.deliver.c_array import MARK, c_array_files, c_array_paths
from converter.errors import ExportError
from edge_runtime.console.files import write_together

__all__ = ["EXPORTS", "bundle_files", "c_array_files", "ensure_exportable", "export_files", "export_model"]

_FIRST_LINE = 200
Export = Callable[[bytes, Path, "int | None"], Mapping[Path, bytes]]
EXPORTS: dict[str, Export] = {"c-array": c_array_files, "bundle": bundle_files}


def export_files(
    content: bytes, out: Path, exports: Sequence[str], arena_bytes: int | None = None
) -> dict[Path, bytes]:
    """The files of some exports, not yet written.

    Args:
        content: a .tflite of this project.
        out: where it lies or will lie; the exports go beside it and take its name.
        exports: names in ``EXPORTS``.
        arena_bytes: what TensorFlow Lite Micro needs for its tensors, where it was measured.

    Raises:
        ModelFileError: it is no image classifier.
        ExportError: it carries no manifest.
    """
    files: dict[Path, bytes] = {}
    for name in exports:
        files |= EXPORTS[name](content, out, arena_bytes)
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

    Raises:
        EdgeDeployError: as :func:`export_files`; or a file cannot be read or written.
    """
    ensure_exportable(model, exports)
    files = export_files(model.read_bytes(), model, exports, arena_bytes)
    write_together(files)
    return list(files)
