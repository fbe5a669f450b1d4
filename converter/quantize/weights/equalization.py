"""Cross-layer equalisation: gives every channel of an activation the range of the widest, before quantizing.

An 8-bit activation has one scale for all its channels, so a channel that stays small gets few of the 256 steps. Between
a layer and the next, channel c may be scaled by any k > 0 and the next layer's weights by 1/k: a ReLU passes it on
(Nagel et al. 2019, https://arxiv.org/abs/1906.04721, section 4.1).

The paper replaces ReLU6, which breaks that, by ReLU. Here ReLU6 stays: channels are only scaled up, and only so far
that their largest value on the calibration images stays within the widest channel's, so within 6. On these images the
scaled model computes the same. Beyond, a scaled channel saturates at its largest calibrated value instead of at 6,
which is what a per-channel 8-bit range would do as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.quantize.weights.flat import Call, FlatModel, KerasLayer
from converter.quantize.weights.graph import CallGraph, is_convolution, is_depthwise, is_linear, read_graph
from converter.quantize.weights.probe import probe

MAX_SCALE = 64.0
"""Channels that hardly ever speak are not blown up further."""
_TO_OTHERS = 0.5
"""The exponent of k towards a layer that mixes channels: its weights share one scale, so half of the way, as in the
paper's square root; a depthwise layer has a scale a channel and takes all of it."""


@dataclass(frozen=True)
class Link:
    """An activation whose channels may be scaled.

    Attributes:
        producer: the convolution that makes it.
        norm: the batch normalisation behind that, if any.
        activation: the call whose output it is.
        consumer: the only convolution that takes it.
    """

    producer: KerasLayer
    norm: KerasLayer | None
    activation: Call
    consumer: KerasLayer


def find_links(flat: FlatModel) -> tuple[Link, ...]:
    """The activations of ``flat`` that can be equalised.

    Raises:
        NotApplicableError: there are none; the message says why.
    """
    graph = read_graph(flat)
    links = [link for call in graph.convolutions() if (link := _link(graph, call)) is not None]
    if not links:
        raise NotApplicableError("no convolution with ReLU or ReLU6 feeds just one other convolution")
    return tuple(links)


def equalize(flat: FlatModel, inputs: Iterable[NDArray[np.float32]]) -> int:
    """Equalises ``flat`` in place and returns how many activations it scaled.

    Args:
        flat: a model that on ``inputs`` computes the same afterwards, up to rounding.
        inputs: calibration inputs, each float32 (images, height, width, channels).

    Raises:
        NotApplicableError: its architecture has nothing to equalise; the message says why.
    """
    links = find_links(flat)
    for link, peaks in zip(links, _channel_peaks(flat, links, inputs), strict=True):
        _scale(link, channel_scales(peaks, 1.0 if is_depthwise(link.consumer) else _TO_OTHERS))
    return len(links)


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


def _link(graph: CallGraph, producer: Call) -> Link | None:
    import keras

    norm, activation = None, producer
    following = graph.next_of(producer)
    if following is not None and _can_carry(graph, following) and is_linear(producer.layer):
        norm = activation = following
        following = graph.next_of(norm)
    if following is not None and is_linear(activation.layer) and _is_relu(following.layer):
        activation = following
    elif norm is not None or producer.layer.activation not in (keras.activations.relu, keras.activations.relu6):
        return None
    consumer = graph.next_computing(activation)
    if consumer is None or not is_convolution(consumer.layer) or not graph.serves_once(consumer):
        return None
    return Link(producer.layer, norm.layer if norm else None, activation, consumer.layer)


def _can_carry(graph: CallGraph, call: Call) -> bool:
    """Whether ``call`` is a batch normalisation whose factors may take up scales."""
    import keras

    layer = call.layer
    if not isinstance(layer, keras.layers.BatchNormalization):
        return False
    return bool(layer.scale and layer.center and graph.serves_once(call))


def _is_relu(layer: KerasLayer) -> bool:
    import keras

    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope and not layer.threshold
    return isinstance(layer, keras.layers.Activation) and layer.activation in (
        keras.activations.relu,
        keras.activations.relu6,
    )


def _channel_peaks(
    flat: FlatModel, links: Sequence[Link], inputs: Iterable[NDArray[np.float32]]
) -> list[NDArray[np.float32]]:
    """For each link the largest value of each channel over all inputs."""
    tensors = [link.activation.outputs[0] for link in links]
    peaks = [np.zeros(tensor.shape[-1], np.float32) for tensor in tensors]
    for batch in probe(flat, tensors, inputs):
        for peak, values in zip(peaks, batch, strict=True):
            np.maximum(peak, values.max(axis=tuple(range(values.ndim - 1))), out=peak)
    return peaks


def _scale(link: Link, scales: NDArray[np.float32]) -> None:
    """Makes the producer's channels larger by ``scales`` and the consumer's weights smaller by as much."""
    if link.norm is not None:
        for weight in (link.norm.gamma, link.norm.beta):
            weight.assign(np.asarray(weight) * scales)
    else:
        producer = link.producer
        shape = (-1, 1) if is_depthwise(producer) else (-1,)
        producer.kernel.assign(np.asarray(producer.kernel) * scales.reshape(shape))
        if producer.use_bias:
            producer.bias.assign(np.asarray(producer.bias) * scales)
    consumer = link.consumer
    consumer.kernel.assign(np.asarray(consumer.kernel) / scales[:, None])
