"""Cross-layer equalisation: gives every channel of an activation the range of the widest, before quantizing.

An 8-bit activation has one scale for all its channels, so a channel that stays small gets few of the 256 steps. Between
a layer and the next, channel c may be scaled by any k > 0 and the next layer's weights by 1/k: a ReLU passes it on
(Nagel et al. 2019, https://arxiv.org/abs/1906.04721, section 4.1).

The paper replaces ReLU6, which breaks that, by ReLU. Here ReLU6 stays: channels are only scaled up, and only so far
that their largest value on the calibration images stays within the widest channel's, so within 6. On these images the
scaled model computes the same. Beyond, a scaled channel saturates at its largest calibrated value instead of at 6,
which is what a per-channel 8-bit range would do as well.

A layer that is called twice has its weights twice: what meets it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.quantize.repairs.network import Layer, Network
from converter.quantize.repairs.pieces import flow
from edge_runtime.console.command import logger

MAX_SCALE = 64.0
"""Channels that hardly ever speak are not blown up further."""
_TO_OTHERS = 0.5
"""The exponent of k towards a layer that mixes channels: its weights share one scale, so half of the way, as in the
paper's square root; a depthwise layer has a scale a channel and takes all of it."""

_CODE = schema.BuiltinOperator
_FUSED = schema.ActivationFunctionType
_SCALE_PASSES_FUSED = (_FUSED.NONE, _FUSED.RELU, _FUSED.RELU6)
_SCALE_PASSES = (_CODE.RELU, _CODE.RELU6, _CODE.PAD, _CODE.AVERAGE_POOL_2D, _CODE.MAX_POOL_2D, _CODE.MEAN)
"""Operators f with f(k x) = k f(x) for every channel's own positive k, where their channels stay apart."""


@dataclass(frozen=True)
class Link:
    """An activation whose channels may be scaled.

    Attributes:
        producer: the layer that makes it.
        activation: the tensor, behind its ReLU.
        consumer: the only layer that takes it.
    """

    producer: Layer
    activation: int
    consumer: Layer


def find_links(network: Network) -> tuple[Link, ...]:
    """The activations that can be equalised.

    Raises:
        NotApplicableError: there are none; the message says why.
    """
    by_operator = {id(layer.operator): layer for layer in network.layers}
    found = [_link(network, layer, by_operator) for layer in network.layers]
    links = [link for link in found if link is not None]
    apart = [link for link in links if not (network.is_shared(link.producer) or network.is_shared(link.consumer))]
    if len(apart) < len(links):
        logger.info("equalisation: %d activations of layers that are called twice stay", len(links) - len(apart))
    if not apart:
        raise NotApplicableError("no layer that ends linearly, in ReLU or in ReLU6 feeds just one other layer")
    return tuple(apart)


def equalize(content: bytes, inputs: Iterable[NDArray[np.float32]]) -> bytes:
    """A model that on ``inputs`` computes the same, up to rounding, with its activations equalised.

    Args:
        content: a float .tflite.
        inputs: calibration inputs.

    Raises:
        NotApplicableError: its architecture has nothing to equalise; the message says why.
        ConversionError: the interpreter does not take it.
    """
    network = Network(content)
    links = find_links(network)
    for link, peaks in zip(links, _channel_peaks(network, links, inputs), strict=True):
        _scale(network, link, channel_scales(peaks, 1.0 if link.consumer.is_depthwise else _TO_OTHERS))
    return network.to_bytes()


def channel_scales(peaks: NDArray[np.float32], exponent: float) -> NDArray[np.float32]:
    """By how much each channel is scaled: (widest peak / own peak) ** exponent, within 1..``MAX_SCALE``.

    Args:
        peaks: the largest value of each channel, (channels,), none below 0; a channel that is always 0 gets 1.
        exponent: 1 gives all channels the same peak.
    """
    widest = float(peaks.max(initial=0.0))
    ratios = np.divide(widest, peaks, out=np.ones_like(peaks), where=peaks > 0)
    scales: NDArray[np.float32] = np.clip(ratios**exponent, 1.0, MAX_SCALE).astype(np.float32)
    return scales


def _link(network: Network, producer: Layer, by_operator: dict[int, Layer]) -> Link | None:
    channels = network.shape(producer.weights)[producer.axis]
    if producer.operator.builtinOptions.fusedActivationFunction not in _SCALE_PASSES_FUSED:
        return None
    activation = tensor = producer.result
    while (taker := network.only_taker(tensor)) is not None:
        consumer = by_operator.get(id(taker))
        if consumer is not None:
            return Link(producer, activation, consumer) if _takes(network, consumer, channels) else None
        if not _passes_on(network, taker, tensor):
            return None
        tensor = int(taker.outputs[0])
        if network.code(taker) in (_CODE.RELU, _CODE.RELU6):
            activation = tensor
    return None


def _takes(network: Network, consumer: Layer, channels: int) -> bool:
    """Whether a layer has one slice of its weights for each channel that it takes."""
    shape = network.shape(consumer.weights)
    if consumer.is_depthwise:
        return shape[3] == channels  # another multiplier would give more
    return network.shape(consumer.source)[-1] == channels and shape[-1] == channels


def _passes_on(network: Network, operator: schema.OperatorT, source: int) -> bool:
    """Whether an operator gives each channel, scaled by a positive number, as it came and scaled alike."""
    if int(operator.inputs[0]) != source or len(operator.outputs) != 1:
        return False
    before, after = network.shape(source), network.shape(int(operator.outputs[0]))
    code, options = network.code(operator), operator.builtinOptions
    if not before or not after or before[-1] != after[-1]:
        return False
    if code == _CODE.MEAN:
        axes = network.numbers(int(operator.inputs[1])).reshape(-1)
        return len(before) - 1 not in axes % len(before)
    if code == _CODE.RESHAPE:
        return True
    return code in _SCALE_PASSES and not getattr(options, "fusedActivationFunction", 0)


def _channel_peaks(
    network: Network, links: Sequence[Link], inputs: Iterable[NDArray[np.float32]]
) -> list[NDArray[np.float32]]:
    """For each link the largest magnitude of each channel over all inputs."""
    tensors = [link.activation for link in links]
    peaks = [np.zeros(network.shape(tensor)[-1], np.float32) for tensor in tensors]
    for values in flow(network.model, tensors, inputs):
        for peak, value in zip(peaks, values, strict=True):
            np.maximum(peak, np.abs(value).max(axis=tuple(range(value.ndim - 1))), out=peak)
    return peaks


def _scale(network: Network, link: Link, scales: NDArray[np.float32]) -> None:
    """Makes the producer's channels larger by ``scales`` and the consumer's weights smaller by as much."""
    producer, consumer = link.producer, link.consumer
    weights = network.numbers(producer.weights)
    shape = [1] * weights.ndim
    shape[producer.axis] = -1
    network.set_numbers(producer.weights, weights * scales.reshape(shape))
    if producer.bias is not None:
        network.set_bias(producer, network.numbers(producer.bias) * scales)
    network.set_numbers(consumer.weights, network.numbers(consumer.weights) / scales)  # channels are its last axis
