"""A target's name and a file go in; what keeps the file from running there, or the proof that it runs, comes out."""

from __future__ import annotations

from converter.targets.adaptation import adapt
from converter.targets.agreement import Agreement, compare, deciding_step
from converter.targets.operators import known_operators
from converter.targets.proof import IMAGES, Proof, prove
from converter.targets.requirements import check_requirements
from converter.targets.table import GPU, LITERT, MICRO, TARGETS, Target

__all__ = [
    "GPU",
    "IMAGES",
    "LITERT",
    "MICRO",
    "TARGETS",
    "Agreement",
    "Proof",
    "Target",
    "adapt",
    "check_requirements",
    "compare",
    "deciding_step",
    "known_operators",
    "prove",
]
