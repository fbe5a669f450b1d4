"""A candidate: one file that might be delivered, and everything known of it.

It comes into being in steps, each of which needs the one before. A :class:`Package` is made. A :class:`Judged` file was
compared with the float model on some images. A :class:`Candidate` was timed beside float32 as well. The one that is to
be delivered is judged once more, on the test part; where a recipe was asked for, there is no choice, and the images
that choose are the test part.
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
    """One file, and how it did on some images.

    Attributes:
        package: the file.
        scores: (images, classes).
        gate: what it lost, and whether it keeps the limits.
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

    def timed(self, latency: Latency) -> Candidate:
        """The candidate, not yet judged on the test part."""
        return Candidate(self.package, self.scores, self.gate, self.per_class, latency)


@dataclass(frozen=True, eq=False)
class Candidate(Judged):
    """The same with the time that one inference takes, and, of the one to be delivered, the verdict.

    Attributes:
        latency: of the interpreter's invoke alone, measured in turns with float32.
        test: how it did on the test part; None where it was not judged there.
    """

    latency: Latency
    test: Judged | None = None

    @cached_property
    def size_bytes(self) -> int:
        """Of the whole file, metadata and labels included, golden images not."""
        return len(self.package.to_bytes(self.test.gate if self.test else self.gate))

    def to_row(self) -> CandidateRow:
        """What the report says of it."""
        manifest, test = self.package.manifest, self.test
        return CandidateRow(
            name=self.name,
            recipe=self.recipe.name,
            summary=self.recipe.summary,
            parameters=manifest.quantization,
            input_type=manifest.input.dtype,
            output_type=manifest.output.dtype,
            size_bytes=self.size_bytes,
            weights_sha256=manifest.weights_sha256,
            gate=test.gate if test else None,
            choosing=None if test and test.scores is self.scores else self.gate,
            per_class=(test or self).per_class,
            latency_ms=self.latency,
        )

    def to_bytes(self, golden: Mapping[str, bytes]) -> bytes:
        """The file as it is delivered: with its verdict and golden images.

        Raises:
            AssertionError: it was not judged on the test part.
        """
        assert self.test is not None, "a file is judged on the test part before it is delivered"
        return self.package.to_bytes(self.test.gate, golden)
