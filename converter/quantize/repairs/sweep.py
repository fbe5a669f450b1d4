"""Runs a file from its input to its output, operator by operator, for many images at once.

What later operators need is held for all images: so a layer may be changed before it runs, and no operator runs twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.quantize.repairs.pieces import Piece
from converter.quantize.repairs.weighted_graph import WeightedGraph


class Sweep:
    """One pass through a file."""

    def __init__(self, network: WeightedGraph, inputs: Sequence[NDArray[Any]]) -> None:
        """Starts at the input.

        Args:
            network: the file; an operator is read when it runs.
            inputs: one an image, in the type that the file takes.
        """
        self._network = network
        self._held = {int(network.graph.inputs[0]): list(inputs)}
        self._done = 0

    def run_before(self, operator: schema.OperatorT) -> None:
        """Runs what stands before ``operator`` and has not run.

        Raises:
            ConversionError: the interpreter does not take it.
        """
        all_operators = self._network.graph.operators
        end = next(place for place, each in enumerate(all_operators) if each is operator)
        operators, self._done = all_operators[self._done : end], end
        later = {int(index) for each in all_operators[end:] for index in each.inputs}
        if operators:
            self._run(operators, later)
        self._held = {index: values for index, values in self._held.items() if index in later}

    def mean(self, tensor: int) -> NDArray[np.float64]:
        """The mean of a tensor over all images, as real numbers; one that an operator needs that has not run."""
        values = self._held[tensor]
        mean = np.zeros(values[0].shape)
        for value in values:
            mean += value / len(values)
        quantization = self._network.graph.tensors[tensor].quantization
        if quantization is None or quantization.scale is None or values[0].dtype == np.float32:
            return mean
        return (mean - quantization.zeroPoint[0]) * quantization.scale[0]

    def _run(self, operators: Sequence[schema.OperatorT], later: set[int]) -> None:
        taken = {int(index) for each in operators for index in each.inputs}
        given = [index for index in self._held if index in taken]
        made = [int(index) for each in operators for index in each.outputs if int(index) in later]
        if not made:
            return
        piece = Piece(self._network.model, operators, given, made)
        results = [piece.run(values) for values in zip(*(self._held[index] for index in given), strict=True)]
        for place, index in enumerate(made):
            self._held[index] = [result[place] for result in results]
