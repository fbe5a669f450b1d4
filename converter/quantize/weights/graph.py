"""Which layer of a Keras model feeds which, and where a layer's weights sit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from converter.errors import NotApplicableError

KerasModel = Any
"""A ``keras.Model``; Keras is imported when one is loaded, not before."""
KerasLayer = Any
"""A ``keras.Layer``."""

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
class LayerGraph:
    """A flat Keras model as a graph of layers, each called once.

    Attributes:
        layers: in the order of the model.
        consumers: for each layer's name, the layers that take its output.
    """

    layers: tuple[KerasLayer, ...]
    consumers: dict[str, tuple[KerasLayer, ...]]

    def next_of(self, layer: KerasLayer) -> KerasLayer | None:
        """The one layer that takes the output of ``layer``; None where there are none or several."""
        following = self.consumers.get(layer.name, ())
        return following[0] if len(following) == 1 else None

    def next_computing(self, layer: KerasLayer) -> KerasLayer | None:
        """As :meth:`next_of`, past layers that pass scaled channels on as they are."""
        following = self.next_of(layer)
        while following is not None and passes_on(following):
            following = self.next_of(following)
        return following


def read_graph(model: KerasModel) -> LayerGraph:
    """Reads how the layers of ``model`` hang together.

    Raises:
        NotApplicableError: it is no flat functional model, or a layer is called more than once; the message is the
            reason.
    """
    import keras

    made_by: dict[int, str] = {}
    consumers: dict[str, list[KerasLayer]] = defaultdict(list)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            raise NotApplicableError(f"its layers lie inside the nested model {layer.name!r}")
        try:
            outputs, inputs = _tensors(layer.output), _tensors(layer.input)
        except (AttributeError, ValueError) as error:
            raise NotApplicableError(f"its layer {layer.name!r} is called more than once, or not as a graph") from error
        made_by.update({id(tensor): layer.name for tensor in outputs})
        if not isinstance(layer, keras.layers.InputLayer):
            for tensor in inputs:
                consumers[made_by.get(id(tensor), "")].append(layer)
    for tensor in _tensors(model.output):
        consumers[made_by.get(id(tensor), "")].append(model)  # so that nothing scales what leaves the model
    return LayerGraph(tuple(model.layers), {name: tuple(layers) for name, layers in consumers.items()})


def passes_on(layer: KerasLayer) -> bool:
    """Whether ``layer`` gives each channel, scaled by a positive number, as it came and scaled alike."""
    kind = type(layer).__name__
    if kind == "Reshape":
        return bool(layer.input.shape[-1] == layer.output.shape[-1])
    return kind in _SCALE_PASSES


def is_convolution(layer: KerasLayer) -> bool:
    """A Conv2D of one group, or a DepthwiseConv2D of one output a channel: those whose channels are known."""
    import keras

    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return bool(layer.depth_multiplier == 1)
    return type(layer) is keras.layers.Conv2D and layer.groups == 1


def is_depthwise(layer: KerasLayer) -> bool:
    """Whether ``layer`` treats each channel by itself."""
    import keras

    return isinstance(layer, keras.layers.DepthwiseConv2D)


def _tensors(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
