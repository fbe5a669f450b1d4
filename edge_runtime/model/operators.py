"""Operators that no interpreter brings along: those of an accelerator, of TensorFlow, or of somebody's own."""

from __future__ import annotations

import mmap
from pathlib import Path

from edge_runtime.errors import ModelFileError
from edge_runtime.model.flatbuffer import FlatTable

_EDGE_TPU_OPERATOR = "edgetpu-custom-op"
_EDGE_TPU_SUFFIX = "_edgetpu"


def custom_operators(path: Path) -> tuple[str, ...]:
    """The names of the custom operators that a .tflite declares.

    Raises:
        ModelFileError: it is missing, empty or damaged.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
            codes = FlatTable.root(buffer, b"TFL3", str(path)).tables(1)
            return tuple(filter(None, (code.text(1) for code in codes)))
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{path}: cannot read: {error}") from error


def edge_tpu_advice(path: Path) -> str:
    """What to name instead of a file that the Edge TPU compiler made; empty for any other file.

    Raises:
        ModelFileError: it is missing, empty or damaged.
    """
    if _EDGE_TPU_OPERATOR not in custom_operators(path):
        return ""
    original = path.with_name(path.name.replace(_EDGE_TPU_SUFFIX, ""))
    beside = original != path and original.is_file()
    advice = f"name {original}" if beside else f"name the file it was compiled from, without {_EDGE_TPU_SUFFIX}"
    return f"compiled for the Edge TPU, which nothing else runs; {advice}"
