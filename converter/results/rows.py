"""The parts of ``model.report.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from converter.judge import ClassDrop, Latency
from converter.targets import Proof
from converter.tflite import GraphCosts, OperatorCost
from edge_runtime.contracts.manifest import GateVerdict


@dataclass(frozen=True)
class CandidateRow:
    """What the report says of one candidate.

    Attributes:
        name: tells it from the other candidates.
        recipe: how it was made; see ``converter.quantize.recipes``.
        summary: of the recipe.
        parameters: of the recipe, as it was applied.
        input_type: what its input tensor holds.
        output_type: what its output tensor holds.
        size_bytes: of the whole file, metadata and labels included, golden images not.
        weights_sha256: as in its manifest.
        gate: what it lost on the test part, and the verdict; None where it was not judged there, but only chosen among.
        choosing: what it lost on the images that choose, and whether it may be chosen; None where a recipe was asked
            for, and so nothing was chosen.
        per_class: what each class lost, the worst first; on the test part where it was judged there.
        latency_ms: of the interpreter's invoke alone.
    """

    name: str
    recipe: str
    summary: str
    parameters: Mapping[str, Any]
    input_type: str
    output_type: str
    size_bytes: int
    weights_sha256: str
    gate: GateVerdict | None
    per_class: tuple[ClassDrop, ...]
    latency_ms: Latency
    choosing: GateVerdict | None = None

    @property
    def compared(self) -> GateVerdict:
        """What it lost on the images that all files of a run were measured on."""
        verdict = self.choosing or self.gate
        assert verdict is not None
        return verdict

    @property
    def judged(self) -> GateVerdict:
        """What it lost on the test part, and where it was not judged there, on the images that choose."""
        return self.gate or self.compared


@dataclass(frozen=True)
class GraphRow:
    """What one file consists of.

    Attributes:
        candidate: its name.
        costs: multiplications, memory between layers, and both of each layer with its size.
    """

    candidate: str
    costs: GraphCosts

    @property
    def by_size(self) -> tuple[OperatorCost, ...]:
        """The layers that take room or multiply, the largest first, of equal ones the one that multiplies most."""
        rows = (row for row in self.costs.operators if row.constant_bytes or row.macs)
        return tuple(sorted(rows, key=lambda row: (-row.constant_bytes, -row.macs)))

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many operators of each kind, the most frequent first."""
        return dict(Counter(row.operator for row in self.costs.operators).most_common())


@dataclass(frozen=True)
class LayerError:
    """What quantizing one layer costs.

    Attributes:
        layer: the tensor that it makes.
        operator: what it computes.
        error: root mean square of its error, in steps of its output's scale.
        regained: by how much the scores come closer to the float model's where it alone stays float32; None where that
            was not tried. See ``converter.search.layers``.
        extra_bytes: what that costs in size.
        extra_ms: what it costs in latency.
    """

    layer: str
    operator: str
    error: float
    regained: float | None = None
    extra_bytes: int | None = None
    extra_ms: float | None = None


@dataclass(frozen=True)
class Step:
    """One rung of the ladder.

    Attributes:
        rung: what was tried.
        outcome: what came of it, in words; why, where it was passed over.
        candidates: names of those it made.
    """

    rung: str
    outcome: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class SweepPoint:
    """int8 calibrated on so many images."""

    calibration_images: int
    metric: float
    drop_pp: float
    agreement: float


@dataclass(frozen=True)
class Fit:
    """Another way to feed or read the float model, with which it is right significantly more often.

    Attributes:
        option: what the user would say: "--normalization 0..1".
        before: the metric as the model is fed and read now, 0..1, on the same images.
        after: the metric that way.
        images: how many images both were measured on.
        p_value: of McNemar's exact test, paired by image.
        labels: the order of the labels that fits; empty where it is not the labels that differ.
    """

    option: str
    before: float
    after: float
    images: int
    p_value: float
    labels: tuple[str, ...] = ()


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
class DeliveryFacts:
    """What was written, and whether it runs where it is meant to.

    Attributes:
        target: where it is meant to run.
        proof: what its interpreter there said; None where none is needed.
        golden_images: how many evaluation images travel in the file.
        golden_bytes: what they add to it.
        files: the files written, but for the reports: their paths from the model's folder.
    """

    target: str
    proof: Proof | None
    golden_images: int
    golden_bytes: int
    files: tuple[str, ...]

    def rows(self) -> dict[str, str]:
        """Lines for the end of a run."""
        golden = f"{self.golden_images} evaluation images inside, {self.golden_bytes} bytes, for edge-run --self-test"
        rows = {
            "target": self.proof.summary() if self.proof else "",
            "golden": golden if self.golden_images else "",
            "exports": ", ".join(dict.fromkeys(map(_shown, self.files[:-1]))),
        }
        return {name: text for name, text in rows.items() if text}


def _shown(file: str) -> str:
    """Of a file in a folder, the folder."""
    folder, slash, _ = file.rpartition("/")
    return folder + slash or file
