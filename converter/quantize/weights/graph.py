"""Which call of a flat Keras model feeds which, and what a layer does with channels."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from converter.quantize.weights.flat import Call, FlatModel, KerasLayer

_SCALE_PASSES = (
    "ZeroPadding2D",
    "Dropout",
    "SpatialDropout2D",
    "AveragePooling2D",
    "MaxPooling2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
)
"""Layers f with f(k x) = k f(x) for every channel's own positive k."""


@dataclass(frozen=True)
class CallGraph:
    """The calls of a flat model, and who takes what they give.

    Attributes:
        calls: in the order in which they are computed.
        consumers: for the id of each tensor, the calls that take it.
        leaving: ids of the tensors that leave the model.
        times: how often each layer is called, by its id.
    """

    calls: tuple[Call, ...]
    consumers: dict[int, tuple[Call, ...]]
    leaving: frozenset[int]
    times: dict[int, int]

    def next_of(self, call: Call) -> Call | None:
        """The one call that takes the output of ``call``; None where there are none or several."""
        if len(call.outputs) != 1 or id(call.outputs[0]) in self.leaving:
            return None
        following = self.consumers.get(id(call.outputs[0]), ())
        return following[0] if len(following) == 1 else None

    def next_computing(self, call: Call) -> Call | None:
        """As :meth:`next_of`, past layers that pass scaled channels on as they are."""
        following = self.next_of(call)
        while following is not None and passes_on(following):
            following = self.next_of(following)
        return following

    def convolutions(self) -> tuple[Call, ...]:
        """The calls of convolutions whose weights serve this one call."""
        return tuple(call for call in self.calls if is_convolution(call.layer) and self.serves_once(call))

    def serves_once(self, call: Call) -> bool:
        """Whether the layer of ``call`` is called nowhere else, so that its weights may change for this call."""
        return self.times[id(call.layer)] == 1


def read_graph(flat: FlatModel) -> CallGraph:
    """How the calls of ``flat`` hang together."""
    consumers: dict[int, list[Call]] = defaultdict(list)
    for call in flat.calls:
        for tensor in call.inputs:
            consumers[id(tensor)].append(call)
    return CallGraph(
        calls=flat.calls,
        consumers={tensor: tuple(calls) for tensor, calls in consumers.items()},
        leaving=frozenset(map(id, flat.model.outputs)),
        times=Counter(id(call.layer) for call in flat.calls),
    )


def passes_on(call: Call) -> bool:
    """Whether ``call`` gives each channel, scaled by a positive number, as it came and scaled alike."""
    kind = type(call.layer).__name__
    if kind == "Reshape":
        return bool(call.inputs[0].shape[-1] == call.outputs[0].shape[-1])
    return kind in _SCALE_PASSES


def is_convolution(layer: KerasLayer) -> bool:
    """A Conv2D of one group, or a DepthwiseConv2D of one output a channel: those whose channels are known."""
    import keras

    if not isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
        return False
    if layer.data_format != "channels_last":
        return False
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return bool(layer.depth_multiplier == 1)
    return type(layer) is keras.layers.Conv2D and layer.groups == 1


def is_depthwise(layer: KerasLayer) -> bool:
    """Whether ``layer`` treats each channel by itself."""
    import keras

    return isinstance(layer, keras.layers.DepthwiseConv2D)


def is_linear(layer: KerasLayer) -> bool:
    """Whether ``layer`` ends in no activation of its own."""
    import keras

    return getattr(layer, "activation", keras.activations.linear) is keras.activations.linear
