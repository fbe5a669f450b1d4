"""A target's name and a file go in; what keeps the file from running there, or the proof that it runs, comes out."""

from __future__ import annotations

from converter.targets.adaptation import adapt
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
    "Proof",
    "Target",
    "adapt",
    "check_requirements",
    "known_operators",
    "prove",
]
