"""A candidate: one file that might be delivered, and everything known of it.

It comes into being in three steps, each of which needs the one before. A :class:`Package` is made. A :class:`Judged`
file was measured on the evaluation images. A :class:`Candidate` was timed beside the others as well, and is finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from converter.judge import ClassDrop, Latency, Scores, refusals
from converter.quantize import Recipe
from converter.quantize.package import Package
from converter.results import CandidateRow
from edge_runtime.contracts.manifest import GateVerdict


@dataclass(frozen=True, eq=False)
class Judged:
    """One file, and how it did on the evaluation images.

    Attributes:
        package: the file.
        scores: (images, classes).
        gate: what it lost, and the verdict.
        per_class: what each class lost, the worst first.
    """

    package: Package
    scores: Scores
    gate: GateVerdict
    per_class: tuple[ClassDrop, ...]

    @property
    def name(self) -> str:
        """What tells it from the other candidates."""
        return self.package.variant.name

    @property
    def recipe(self) -> Recipe:
        """How its numbers are stored."""
        return self.package.variant.recipe

    @property
    def broken_limits(self) -> list[str]:
        """What it lost, each limit that it broke as half a sentence; empty where it passed."""
        return refusals(self.gate, self.per_class)

    @cached_property
    def size_bytes(self) -> int:
        """Of the whole file, metadata and labels included, golden images not."""
        return len(self.package.to_bytes(self.gate))

    def timed(self, latency: Latency) -> Candidate:
        """The finished candidate."""
        return Candidate(self.package, self.scores, self.gate, self.per_class, latency)


@dataclass(frozen=True, eq=False)
class Candidate(Judged):
    """The same with the time that one inference takes, measured in turns with the other candidates.

    Attributes:
        latency: of the interpreter's invoke alone.
    """

    latency: Latency

    def to_row(self) -> CandidateRow:
        """What the report says of it."""
        manifest = self.package.manifest
        return CandidateRow(
            name=self.name,
            recipe=self.recipe.name,
            summary=self.recipe.summary,
            parameters=manifest.quantization,
            input_type=manifest.input.dtype,
            output_type=manifest.output.dtype,
            size_bytes=self.size_bytes,
            weights_sha256=manifest.weights_sha256,
            gate=self.gate,
            per_class=self.per_class,
            latency_ms=self.latency,
        )

    def to_bytes(self, golden: Mapping[str, bytes]) -> bytes:
        """The file as it is delivered: with its verdict and golden images."""
        return self.package.to_bytes(self.gate, golden)
