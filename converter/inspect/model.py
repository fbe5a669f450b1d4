"""What any .tflite says about itself: ``edge-convert inspect FILE``. Needs no TensorFlow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from converter.inspect.delegates import find_coverage
from converter.inspect.inspection import ModelInspection
from converter.inspect.outside import find_outside
from converter.tflite import Metadata, graph_costs, metadata_buffer, read_graphs, read_metadata, read_model
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import parse_label_file
from edge_runtime.contracts.manifest import MANIFEST_NAME, ModelManifest
from edge_runtime.errors import ModelFileError
from edge_runtime.model import edge_tpu_advice, flatbuffer_size, read_associated_files, refuse_other_kinds

_MIN_RUNTIME_VERSION = "min_runtime_version"


def inspect_model(path: Path) -> ModelInspection:
    """Reads ``path``, which may be of any origin; what contradicts itself inside becomes a note.

    Raises:
        ModelFileError: missing, empty, no .tflite, or so damaged that its graphs cannot be read.
    """
    from converter.tflite.rewrites.rewrite import find_changes  # here: --help is not to load an interpreter

    refuse_other_kinds(path)
    content = _read(path)
    model = read_model(content, path)
    graphs = read_graphs(model, path)
    notes: list[str] = []
    files = _files(path, notes)
    metadata = _metadata(metadata_buffer(model), path, notes)
    manifest = _manifest(files, path, notes)
    if advice := edge_tpu_advice(path):
        notes.append(advice)
    weights = _flatbuffer_size(path, len(content))
    coverage = find_coverage(path)
    digest = hashlib.sha256(content[:weights]).hexdigest()
    matches = None if manifest is None else manifest.weights_sha256 == digest
    if matches is False:
        notes.append("the manifest vouches for other weights than these: the file was changed after its conversion")
    return ModelInspection(
        path=str(path),
        size_bytes=len(content),
        flatbuffer_bytes=weights,
        weights_sha256=digest,
        description=model.text(3),
        min_runtime_version=metadata_buffer(model, _MIN_RUNTIME_VERSION).rstrip(b"\0").decode("ascii", "replace"),
        graphs=graphs,
        costs=graph_costs(graphs[0]),
        metadata=metadata,
        labels=manifest.labels if manifest else _labels(metadata, files, path, notes),
        associated_files={name: len(file) for name, file in files.items()},
        manifest=manifest,
        manifest_matches=matches,
        delegates=coverage,
        outside=find_outside(graphs[0], coverage.covered, find_changes(content[:weights]) if coverage.covered else ()),
        notes=tuple(notes),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot read: {error.strerror or error}") from error


def _flatbuffer_size(path: Path, whole: int) -> int:
    try:
        return flatbuffer_size(path)
    except ModelFileError:  # a note says so already
        return whole


def _files(path: Path, notes: list[str]) -> Mapping[str, bytes]:
    try:
        return read_associated_files(path)
    except ModelFileError as error:
        notes.append(_without_path(error, path))
        return {}


def _metadata(content: bytes, path: Path, notes: list[str]) -> Metadata | None:
    if not content:
        return None
    try:
        return read_metadata(content, str(path))
    except ModelFileError as error:
        notes.append(_without_path(error, path))
        return None


def _manifest(files: Mapping[str, bytes], path: Path, notes: list[str]) -> ModelManifest | None:
    if MANIFEST_NAME not in files:
        return None
    try:
        return ModelManifest.from_json(files[MANIFEST_NAME])
    except ContractError as error:
        notes.append(_without_path(error, path))
        return None


def _labels(metadata: Metadata | None, files: Mapping[str, bytes], path: Path, notes: list[str]) -> tuple[str, ...]:
    for output in metadata.outputs if metadata else ():
        for name, kind in output.files.items():
            if kind != "labels":
                continue
            if name not in files:
                notes.append(f"its metadata names the label file {name!r}, which is not in it")
                continue
            try:
                return parse_label_file(files[name], name)
            except ContractError as error:
                notes.append(_without_path(error, path))
    return ()


def _without_path(error: Exception, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
