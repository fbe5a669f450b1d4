"""A .tflite with all that it carries, rewritten: its metadata, labels and other files stay."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from converter.errors import SourceError, library_failures
from converter.tflite import read_graphs, read_model
from converter.tflite.metadata_write import append_files
from converter.tflite.packing import share_vectors
from converter.tflite.rewrites import REWRITTEN, summarize
from converter.tflite.rewrites.rewrite import Rewritten, rewrite_operators
from edge_runtime.contracts.golden import GOLDEN_NAME
from edge_runtime.contracts.manifest import MANIFEST_NAME, ModelManifest
from edge_runtime.model import (
    ModelFile,
    check_manifest_sha256,
    edge_tpu_advice,
    flatbuffer_size,
    read_associated_files,
)

_GOLDEN = Path(GOLDEN_NAME).stem


@dataclass(frozen=True)
class RewrittenFile:
    """What becomes of a file.

    Attributes:
        content: all of it.
        lines: what became of the operators that a rewrite knows.
        notes: what could not be kept.
    """

    content: bytes
    lines: tuple[str, ...]
    notes: tuple[str, ...]


def rewrite_file(file: ModelFile) -> RewrittenFile:
    """Replaces the operators that XNNPACK does not take, where that is proven.

    Raises:
        ModelFileError: the file is damaged, or not what its manifest vouches for.
        SourceError: there is nothing to replace; the message says why.
    """
    path = file.path
    if advice := edge_tpu_advice(path):
        raise SourceError(f"{path}: {advice}; XNNPACK has no part in it")
    if file.manifest is not None:
        check_manifest_sha256(file)
    content = path.read_bytes()[: flatbuffer_size(path)]
    read_graphs(read_model(content, path), path)  # says what is damaged
    with library_failures(f"{path}: it cannot be rewritten", SourceError):
        rewritten = rewrite_operators(content)
        lines = summarize(rewritten.changes)
        if not rewritten.replaced:
            raise SourceError(f"{path}: nothing to replace: {'; '.join(lines) or _why_nothing(file)}")
        model = share_vectors(rewritten.content)
    files, notes = _carried(file, read_associated_files(path), model, rewritten)
    return RewrittenFile(append_files(model, files) if files else model, lines, notes)


def _why_nothing(file: ModelFile) -> str:
    fix = "quantize it with edge-convert, which rewrites what it makes"
    is_float = file.manifest is not None and file.manifest.recipe.startswith("float")
    return f"it is float; {fix}" if is_float else "no 8-bit operator is left out that a rewrite knows"


def _carried(
    file: ModelFile, files: Mapping[str, bytes], model: bytes, rewritten: Rewritten
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files inside, as they fit the new weights; and what does not fit them any more."""
    manifest = file.manifest
    if manifest is None:
        return dict(files), ()
    kept = {name: content for name, content in files.items() if not name.startswith(_GOLDEN)}
    kept[MANIFEST_NAME] = _vouch(manifest, model, rewritten).to_json().encode()
    notes = ["the gate's verdict was on the file before, and is left out"] if manifest.gate else []
    if len(kept) < len(files):
        notes.append("golden images hold the scores of the file before, and are left out")
    return kept, tuple(notes)


def _vouch(manifest: ModelManifest, model: bytes, rewritten: Rewritten) -> ModelManifest:
    quantization = {**manifest.quantization, REWRITTEN: list(summarize(rewritten.changes))}
    digest = hashlib.sha256(model).hexdigest()
    return replace(manifest, weights_sha256=digest, quantization=quantization, gate=None)
