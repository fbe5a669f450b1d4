"""Bytes of a .tflite go in; what they say, or other bytes that say more, come out."""

from __future__ import annotations

from converter.tflite.facts import DelegateCoverage, Graph, Metadata, ModelInspection, Operator, Tensor
from converter.tflite.graph import read_graphs, read_model
from converter.tflite.metadata_read import metadata_buffer, read_metadata

__all__ = [
    "DelegateCoverage",
    "Graph",
    "Metadata",
    "ModelInspection",
    "Operator",
    "Tensor",
    "metadata_buffer",
    "read_graphs",
    "read_metadata",
    "read_model",
]
