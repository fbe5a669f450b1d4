"""Bytes of a .tflite go in; what they say, or other bytes that say more, come out."""

from __future__ import annotations

from converter.tflite.costs import GraphCosts, OperatorCost, graph_costs
from converter.tflite.facts import Graph, Operator, Tensor
from converter.tflite.graph import operator_names, read_graphs, read_model
from converter.tflite.metadata_read import Metadata, metadata_buffer, read_metadata

__all__ = [
    "Graph",
    "GraphCosts",
    "Metadata",
    "Operator",
    "OperatorCost",
    "Tensor",
    "graph_costs",
    "metadata_buffer",
    "operator_names",
    "read_graphs",
    "read_metadata",
    "read_model",
]
