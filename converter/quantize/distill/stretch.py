"""Lets channels that stay small use more of the integers between two layers.

All channels of an activation share one scale. A channel that the first layer gives twice as large, and the second
takes half as large, is the same network with half the rounding error. ReLU lets that pass; the ceiling of ReLU6 and of
the integers may cut off no more than the error it saves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.quantize.distill.network import Layer, Network, Node
from converter.quantize.distill.operators import Values

Channels = NDArray[np.float64]

_FACTORS = 2.0 ** np.arange(0, 2.25, 0.25)
"""What a channel may be stretched by."""
_PLACES = 4096
"""So many places of a batch tell enough of a channel."""
_Activation = schema.ActivationFunctionType
_CEILINGS = {_Activation.NONE: inf, _Activation.RELU: inf, _Activation.RELU6: 6.0}


def stretchable(network: Network, node: Node) -> Layer | None:
    """The layer behind ``node`` that can take channels stretched; None where there is none."""
    follower = network.follower(node)
    layer = network.layers[node.place]
    if follower is None or follower.node.place not in network.free or node.output not in network.steps:
        return None
    if follower.is_depthwise and len(follower.scales) == 1:
        return None
    if getattr(node.options, "fusedActivationFunction", 0) not in _CEILINGS:
        return None
    alone = len(layer.scales) == len(layer.bias)  # each output channel has a scale of its own
    fits = follower.weights.ndim == 4 or follower.weights.shape[1] == len(layer.bias)
    return follower if alone and fits else None


def choose_stretch(network: Network, node: Node, outputs: Iterable[Values]) -> Channels:
    """By how much each output channel of ``node`` is best stretched.

    Args:
        network: the quantized one.
        node: an operator of it.
        outputs: what the float network gives there, batch by batch.
    """
    steps = network.steps[node.output]
    lowest, highest = (steps.scale * (end - steps.zero_point) for end in (steps.lowest, steps.highest))
    highest = min(highest, _CEILINGS[getattr(node.options, "fusedActivationFunction", 0)])
    errors = np.zeros((len(_FACTORS), node.shape[-1]))
    for values in outputs:
        rows = np.asarray(values).reshape(-1, node.shape[-1])
        rows = rows[:: max(1, len(rows) // _PLACES)]
        for number, factor in enumerate(_FACTORS):
            rest = rows - np.clip(rows, lowest / factor, highest / factor)
            errors[number] += np.mean(rest**2, axis=0) + (steps.scale / factor) ** 2 / 12
    return _FACTORS[errors.argmin(axis=0)]


def stretch_layer(
    layer: Layer, weights: NDArray[np.float32], taken: Channels, given: Channels
) -> tuple[Layer, NDArray[np.float64]]:
    """``layer`` with the scales that fit, and the float weights that it is to have.

    Args:
        layer: the quantized one.
        weights: of the float network.
        taken: by how much its input channels are stretched.
        given: by how much its output channels are to be.
    """
    if layer.is_depthwise:
        taken = np.repeat(taken, len(layer.bias) // len(taken))
    elif weights.ndim == 2 and len(taken) != weights.shape[1]:
        taken = np.ones(weights.shape[1])
    stretched = weights / taken * layer.along_outputs(given)
    if (taken == 1).all() and (given == 1).all():
        return layer, stretched
    axes = (0, 1, 2) if layer.is_depthwise else tuple(range(1, weights.ndim))
    before, after = (np.abs(numbers).max(axis=axes) for numbers in (weights, stretched))
    scales = layer.scales * np.divide(after, before, out=np.ones_like(after), where=before > 0)
    return replace(layer, scales=scales if len(layer.scales) > 1 else layer.scales), stretched
