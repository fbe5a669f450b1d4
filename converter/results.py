"""What a conversion measured: the content of ``model.report.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from converter.comparison import ClassDrop
from converter.recipes import Recipe
from edge_runtime.contracts.codec import encode
from edge_runtime.contracts.manifest import GateVerdict

REPORT_SCHEMA = 1


@dataclass(frozen=True)
class Latency:
    """How long one inference takes on the machine that converted.

    Attributes:
        p50: the median, in milliseconds.
        runs: how many were measured.
        delegate: which one took operators; see ``edge_runtime.backends.base``.
        how: what was measured, and with what.
    """

    p50: float
    runs: int
    delegate: str
    how: str


@dataclass(frozen=True)
class Candidate:
    """What was measured of one .tflite.

    Attributes:
        recipe: how it was made.
        input_type: what its input tensor holds.
        output_type: what its output tensor holds.
        size_bytes: of the whole file, metadata and labels included.
        weights_sha256: as in its manifest.
        top1: on the evaluation images, 0..1.
        same_top1: the share of images with the Keras model's top-1, 0..1.
        gate: the verdict.
        per_class: what each class lost, the worst first.
        latency_ms: of the interpreter's invoke alone.
    """

    recipe: Recipe
    input_type: str
    output_type: str
    size_bytes: int
    weights_sha256: str
    top1: float
    same_top1: float
    gate: GateVerdict
    per_class: tuple[ClassDrop, ...]
    latency_ms: Latency


@dataclass(frozen=True)
class ImageSet:
    """Which images were used.

    Attributes:
        folder: where they lie.
        images: how many.
        per_class: how many of each class; classes without images are left out.
    """

    folder: str
    images: int
    per_class: Mapping[str, int]


@dataclass(frozen=True)
class ConversionReport:
    """Everything a conversion says about itself.

    Attributes:
        model: MODEL, as the user wrote it.
        out: the target path.
        seed: of the choice of calibration images.
        calibration: the images that calibrated; None where the recipe needs none.
        evaluation: the images that the gate was measured on.
        keras_top1: of the Keras model on them, 0..1.
        float32: the unquantised .tflite, measured alike.
        candidates: every file that might have been written to ``out``.
        chosen: the one written to ``out``; None where the gate refused.
        versions: package name to version.
    """

    created_utc: str
    name: str
    model: str
    out: str
    seed: int
    calibration: ImageSet | None
    evaluation: ImageSet
    keras_top1: float
    float32: Candidate
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    versions: Mapping[str, str]
    schema: int = REPORT_SCHEMA

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1, allow_nan=False)

    def summary(self) -> str:
        """The few lines for the end of a run."""
        candidate = self.candidates[-1]
        gate = candidate.gate
        rows = {
            "model": self.out if self.chosen else f"{self.out} (not written)",
            "recipe": candidate.recipe.name,
            "size": f"{candidate.size_bytes} bytes, {candidate.size_bytes / self.float32.size_bytes:.0%} of float32",
            "top-1 float": f"{gate.reference:.4f} (Keras, {gate.images} images)",
            "top-1 now": f"{gate.candidate:.4f}, the same class for {candidate.same_top1:.1%} of the images",
            "drop": f"{gate.drop_pp:.2f} pp, {gate.max_drop_pp:g} allowed",
            "latency": f"{candidate.latency_ms.p50:.3f} ms, float32 {self.float32.latency_ms.p50:.3f} ms (p50 here)",
            "verdict": "passed" if self.chosen else "refused",
        }
        return "\n".join(f"{name:<13}{value}" for name, value in rows.items())
