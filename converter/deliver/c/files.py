"""The folder of C source of a .tflite: what is always the same, and what is made of its model and its manifest."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from string import Template

from converter.deliver.c.model_source import model_header, model_source, resizing
from converter.deliver.c.operators import operators_header, resolver_methods
from converter.deliver.c.weights import weights_header, weights_source
from converter.deliver.finished import FinishedFile
from converter.errors import ExportError
from converter.tflite import read_graphs, read_model
from converter.tflite.packing import bare_model

MARK = "written by edge-convert"
"""Stands in the first lines of each file, so that no other file of that name is written over."""
_AS_THEY_ARE = (
    "edge_preprocess.h",
    "edge_preprocess.c",
    "edge_postprocess.h",
    "edge_postprocess.c",
    "main.cc",
    "Makefile",
)
_README = "README.md"
_MADE = ("edge_model.h", "edge_model.c", "edge_operators.h", "model_data.h", "model_data.c")


def c_array_files(file: FinishedFile) -> dict[Path, bytes]:
    """The files of the folder beside ``file``, ``model-c`` for ``model.tflite``.

    Raises:
        ExportError: TensorFlow Lite Micro lacks an operator, or the graph its softmax or sigmoid; the message does not
            name the file.
        ModelFileError: the file is damaged.
    """
    manifest = file.manifest
    if manifest.activation != "none":
        raise ExportError(f"its {manifest.activation} is not in its graph; convert the model again")
    graphs = read_graphs(read_model(file.content, file.path), file.path)
    methods = resolver_methods(graphs)
    weights = bare_model(file.content)
    made = (
        model_header(manifest, graphs[0], file.arena_bytes),
        model_source(manifest),
        operators_header(methods),
        weights_header(),
        weights_source(weights, manifest.weights_sha256),
    )
    texts = {
        **{name: _template(name) for name in _AS_THEY_ARE},
        _README: _readme(file),
        **dict(zip(_MADE, made, strict=True)),
    }
    return {_folder(file.path) / name: text.encode("ascii") for name, text in texts.items()}


def c_array_paths(out: Path) -> tuple[Path, ...]:
    """The files that the export of the model ``out`` writes."""
    return tuple(_folder(out) / name for name in (*_AS_THEY_ARE, _README, *_MADE))


def _folder(out: Path) -> Path:
    return out.with_name(f"{out.stem}-c")


def _template(name: str) -> str:
    return (resources.files("converter.deliver.c") / "templates" / name).read_text("ascii")


def _readme(file: FinishedFile) -> str:
    spec = file.manifest.preprocessing
    longest = (
        "The longer side has at most `EDGE_MAX_FRAME_SIDE` pixels, 640 unless you define it: tables have room for that."
        if spec.resampling == "antialias"
        else "Neither side may have more than 65,535 pixels."
    )
    arena = (
        "The tensor arena was not measured: `EDGE_ARENA_BYTES` is an estimate, rather too large. Convert with "
        "`--target micro` where `tflite-micro` is installed, or lower it until `AllocateTensors()` fails."
        if file.arena_bytes is None
        else f"The tensor arena takes {file.arena_bytes:,} bytes, as measured on a 64-bit machine; a 32-bit one takes "
        "somewhat less."
    )
    return Template(_template(_README)).substitute(arena=arena, frames=longest, resizing=resizing(spec))
