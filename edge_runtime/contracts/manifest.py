"""ModelManifest: what a .tflite of this project says about itself, in its associated file ``edge_manifest.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import validate_labels
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec, layout_of
from edge_runtime.contracts.versioned import Versioned

MANIFEST_NAME = "edge_manifest.json"
MANIFEST_SCHEMA = 1

Task = Literal["single-label", "multi-label", "binary"]
Activation = Literal["none", "softmax", "sigmoid"]
Metric = Literal["top-1", "micro-f1", "accuracy"]


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the accuracy gate measured before it let the model pass.

    Attributes:
        metric: "top-1", "micro-f1" or "accuracy".
        reference: the Keras float model's figure, 0..1.
        candidate: this file's figure on the same images, 0..1.
        drop_pp: reference minus candidate, in percentage points.
        max_drop_pp: what was allowed.
        images: how many evaluation images it was measured on.
        passed: whether all limits were kept.
        drop_interval_pp: within which the drop on any images of this kind lies, with 95 % confidence.
        agreement: the share of images with the same answer as the Keras model, 0..1.
        min_agreement: the least of that; 0 where it was not asked for.
        worst_class_drop_pp: how much the class that lost most lost, in percentage points.
        max_class_drop_pp: what was allowed for it; None where it was not asked for.
        confidence_shift: how much lower or higher the score of the Keras model's answer is on average, -1..1.
    """

    metric: Metric
    reference: float
    candidate: float
    drop_pp: float
    max_drop_pp: float
    images: int
    passed: bool
    drop_interval_pp: tuple[float, float] | None = None
    agreement: float | None = None
    min_agreement: float = 0.0
    worst_class_drop_pp: float | None = None
    max_class_drop_pp: float | None = None
    confidence_shift: float | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a model comes from.

    Attributes:
        created_utc: when the model was trained, or what SOURCE_DATE_EPOCH said at its conversion: ISO 8601, to the
            second; empty where it is not known.
        versions: package name to version, as used when the file was made.
        data_fingerprint: of the training data (see ``contracts.dataset``); empty where it is not known.
        training: the training configuration; empty for a model trained elsewhere.
    """

    created_utc: str
    versions: Mapping[str, str]
    data_fingerprint: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelManifest(Versioned):
    """The one contract between trainer, converter, device and benchmark.

    Attributes:
        activation: what the runtime still has to apply to the output; "none" where the model ends in probabilities.
        thresholds: a score from which a label counts, one a label; empty where the task is not multi-label.
        recipe: how the weights were quantised: "float32", "float16", "int8", …
        quantization: the parameters of that recipe, as the converter applied it; empty where it does not say.
        weights_sha256: of the flatbuffer, metadata included: all of the file before its associated files.

    Raises:
        ContractError: the parts contradict one another; the message names the field.
    """

    versions_at: ClassVar[tuple[str, ...]] = ("provenance", "versions")

    name: str
    task: Task
    labels: tuple[str, ...]
    preprocessing: PreprocessSpec
    input: TensorSpec
    output: TensorSpec
    recipe: str
    weights_sha256: str
    provenance: Provenance
    activation: Activation = "none"
    thresholds: tuple[float, ...] = ()
    gate: GateVerdict | None = None
    quantization: Mapping[str, Any] = field(default_factory=dict)
    schema: int = MANIFEST_SCHEMA

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise ContractError(f"name {self.name!r} is empty or not printable")
        for name, allowed in (("task", get_args(Task)), ("activation", get_args(Activation))):
            if getattr(self, name) not in allowed:
                raise ContractError(f"{name} {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        validate_labels(self.labels)
        if not re.fullmatch("[0-9a-f]{64}", self.weights_sha256):
            raise ContractError("weights_sha256 needs 64 hexadecimal digits")
        self._check_tensors()
        self._check_thresholds()

    def _check_tensors(self) -> None:
        spec = self.preprocessing
        if layout_of(self.input.shape, spec.image_shape) is None:
            raise ContractError(
                f"input: shape {list(self.input.shape)} does not fit "
                f"preprocessing [1, {spec.height}, {spec.width}, {spec.channels}]"
            )
        outputs = self.output.shape[-1]
        expected = len(self.labels)
        if self.task == "binary":
            if expected != 2 or outputs not in (1, 2):
                raise ContractError(f"labels: a binary task has 2 labels and 1 or 2 outputs, not {expected}, {outputs}")
        elif outputs != expected:
            raise ContractError(f"labels: {expected} labels for {outputs} outputs")

    def _check_thresholds(self) -> None:
        if self.thresholds and len(self.thresholds) != len(self.labels):
            raise ContractError(f"thresholds: {len(self.thresholds)} for {len(self.labels)} labels")
        if any(not 0.0 <= threshold <= 1.0 for threshold in self.thresholds):
            raise ContractError("thresholds: each lies within 0..1")

    def to_json(self) -> str:
        """The manifest as JSON text, in a fixed order of keys."""
        return json.dumps(encode(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, content: bytes | str, where: str = MANIFEST_NAME) -> ModelManifest:
        """Reads what :meth:`to_json` wrote.

        Raises:
            ContractError: unknown or missing keys, wrong types, another schema or contradicting parts.
        """
        return decode(cls, parse_json(content, where), where)
