"""What an inspection finds in a .tflite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from converter.inspect.outside import Outside
from converter.tflite import Graph, GraphCosts, Metadata
from edge_runtime.contracts.codec import encode
from edge_runtime.contracts.manifest import ModelManifest

INSPECTION_SCHEMA = 2


@dataclass(frozen=True)
class DelegateCoverage:
    """Which operators a delegate takes when the interpreter of this machine loads the model.

    Attributes:
        delegate: "xnnpack".
        interpreter: which one was asked, with its version; empty where none could be.
        covered: indices of the first graph's operators that run in the delegate; None where it is not known.
        problem: why it is not known; empty where it is.
        parts: into how many parts the model is divided for it; 0 where that is not known.
    """

    delegate: str
    interpreter: str
    covered: tuple[int, ...] | None
    problem: str
    parts: int = 0


@dataclass(frozen=True)
class ModelInspection:
    """Everything a .tflite says about itself.

    Attributes:
        size_bytes: of the whole file.
        flatbuffer_bytes: of its part before the associated files.
        weights_sha256: of that part.
        description: what the converter wrote into it.
        min_runtime_version: of TensorFlow Lite, as its converter wrote it; empty where it did not.
        costs: of the first graph.
        metadata: the TFLite metadata; None where there is none.
        labels: from our manifest, else from the metadata's label file; empty where there are none.
        associated_files: name to bytes.
        manifest: ours; None where there is none.
        manifest_matches: whether the manifest's SHA-256 is that of this file; None where there is no manifest.
        outside: the operators that the delegate leaves out, and what to do about each.
        notes: what in the file contradicts itself or cannot be read, one line each.
    """

    path: str
    size_bytes: int
    flatbuffer_bytes: int
    weights_sha256: str
    description: str
    min_runtime_version: str
    graphs: tuple[Graph, ...]
    costs: GraphCosts
    metadata: Metadata | None
    labels: tuple[str, ...]
    associated_files: Mapping[str, int]
    manifest: ModelManifest | None
    manifest_matches: bool | None
    delegates: DelegateCoverage
    outside: tuple[Outside, ...]
    notes: tuple[str, ...]
    schema: int = INSPECTION_SCHEMA

    def to_json(self) -> str:
        """The inspection as JSON text."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1, allow_nan=False)
