"""What :func:`converter.inspect.model.inspect_model` finds in a .tflite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from edge_runtime.contracts.codec import encode
from edge_runtime.contracts.manifest import ModelManifest

INSPECTION_SCHEMA = 1


@dataclass(frozen=True)
class Quantization:
    """How integers stand for real numbers: ``(q - zero_point) * scale``.

    Attributes:
        scales: one, or one a slice along ``axis``.
        zero_points: likewise.
        axis: along which there are several.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return len(self.scales) > 1


@dataclass(frozen=True)
class Tensor:
    """One tensor of a graph.

    Attributes:
        shape: its sides; -1 where it is open until the model runs.
        dtype: "float32", "int8", …
        constant_bytes: how much of the file its values take; 0 where they are computed.
        buffer: number of the buffer that holds them; two tensors may share one.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None
    constant_bytes: int
    buffer: int

    @property
    def short_name(self) -> str:
        """Of a fused tensor, which is named after all its operators, the first one's."""
        return self.name.partition(";")[0]


@dataclass(frozen=True)
class Operator:
    """One operator of a graph, that is a layer.

    Attributes:
        name: as in the schema's ``BuiltinOperator``, or ``CUSTOM:`` and the custom operator's name.
        version: of the operator, as the file asks for it.
        layer: the name of its first output, which the converter derives from the Keras layer's.
        inputs: tensor indices; -1 stands for an input left out.
        outputs: tensor indices.
        constant_bytes: of its constant inputs that no earlier operator uses.
    """

    index: int
    name: str
    version: int
    layer: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    constant_bytes: int


@dataclass(frozen=True)
class Graph:
    """One subgraph; the first one is the model, others are bodies of its control flow or other signatures."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]

    def tensors_of(self, operator: Operator) -> list[Tensor]:
        """All that it reads and writes."""
        return [self.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0]


@dataclass(frozen=True)
class TensorMetadata:
    """What the TFLite metadata says of one input or output; see ``metadata_schema.fbs``.

    Attributes:
        content: "image", "feature", …; empty where it does not say.
        color_space: "RGB", "GRAYSCALE" or empty.
        mean: of its normalisation; empty where it has none.
        std: likewise.
        score_threshold: below which scores do not count; None where it says none.
        files: associated files, name to what they are ("labels", "score calibration", …).
    """

    name: str
    description: str
    content: str
    color_space: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    score_threshold: float | None
    files: Mapping[str, str]


@dataclass(frozen=True)
class Metadata:
    """The TFLite metadata of a model."""

    name: str
    description: str
    version: str
    author: str
    license: str
    min_parser_version: str
    inputs: tuple[TensorMetadata, ...]
    outputs: tuple[TensorMetadata, ...]


@dataclass(frozen=True)
class DelegateCoverage:
    """Which operators a delegate takes when the interpreter of this machine loads the model.

    Attributes:
        delegate: "xnnpack".
        interpreter: which one was asked, with its version; empty where none could be.
        covered: indices of the first graph's operators that run in the delegate; None where it is not known.
        problem: why it is not known; empty where it is.
    """

    delegate: str
    interpreter: str
    covered: tuple[int, ...] | None
    problem: str


@dataclass(frozen=True)
class ModelInspection:
    """Everything a .tflite says about itself.

    Attributes:
        size_bytes: of the whole file.
        flatbuffer_bytes: of its part before the associated files.
        weights_sha256: of that part.
        description: what the converter wrote into it.
        min_runtime_version: of TensorFlow Lite, as its converter wrote it; empty where it did not.
        metadata: the TFLite metadata; None where there is none.
        labels: from our manifest, else from the metadata's label file; empty where there are none.
        associated_files: name to bytes.
        manifest: ours; None where there is none.
        manifest_matches: whether the manifest's SHA-256 is that of this file; None where there is no manifest.
        notes: what in the file contradicts itself or cannot be read, one line each.
    """

    path: str
    size_bytes: int
    flatbuffer_bytes: int
    weights_sha256: str
    description: str
    min_runtime_version: str
    graphs: tuple[Graph, ...]
    metadata: Metadata | None
    labels: tuple[str, ...]
    associated_files: Mapping[str, int]
    manifest: ModelManifest | None
    manifest_matches: bool | None
    delegates: DelegateCoverage
    notes: tuple[str, ...]
    schema: int = INSPECTION_SCHEMA

    def to_json(self) -> str:
        """The inspection as JSON text."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1, allow_nan=False)
