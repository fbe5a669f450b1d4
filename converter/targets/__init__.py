"""Where a file is meant to run: what that asks of it, and the proof in the interpreter that runs there."""

from __future__ import annotations

from converter.targets.proof import Proof, prove
from converter.targets.requirements import check_requirements
from converter.targets.table import LITERT, TARGETS, Target

__all__ = ["LITERT", "TARGETS", "Proof", "Target", "check_requirements", "prove"]
