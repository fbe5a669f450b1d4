"""What was measured goes in; the content of ``model.report.json``, and what is printed of it, come out."""

from __future__ import annotations

from converter.results.conversion_report import ConversionReport, GateRefusedError
from converter.results.rows import CandidateRow, DeliveryFacts, Fit, GraphRow, ImageSet, LayerError, Step, SweepPoint

__all__ = [
    "CandidateRow",
    "ConversionReport",
    "DeliveryFacts",
    "Fit",
    "GateRefusedError",
    "GraphRow",
    "ImageSet",
    "LayerError",
    "Step",
    "SweepPoint",
]
