"""Any Keras model goes in; a copy without nesting, in float32, called for inference, comes out.

What people save is nested (a backbone called as a layer), holds augmentation that is random while training, or computes
in float16. What follows, the export and the float model's answers, is done with this one plain form.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from converter.errors import NotApplicableError

KerasModel = Any
"""A ``keras.Model``; Keras is imported when one is loaded, not before."""
KerasLayer = Any
"""A ``keras.Layer``, or another operation that a functional model calls (``keras.Operation``)."""

_FLOATS = frozenset({"float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"})


def flatten(model: KerasModel, image_shape: tuple[int, int, int], output: int) -> KerasModel:
    """A flat copy of ``model``: a functional model of one image and one row of scores, none of whose layers is a model.

    Args:
        model: a ``keras.Model`` of one input; stays as it is.
        image_shape: (height, width, channels) of the copy's input. Where ``model`` takes (height, width), or the
            channels first, the copy begins with what makes the one of the other.
        output: the number of the output to keep; one of shape (1, 1, classes) becomes (classes).

    Raises:
        NotApplicableError: a layer holds weights that Keras itself has quantized.
    """
    import keras

    image = keras.Input(image_shape, name="image")
    copies = _Copies()
    taken = copies.in_the_layout_of(model.inputs[0].shape[1:], image)
    is_functional = _calls_as(model, "functional")  # only these may take their one image in a list or a dictionary
    outputs = copies.call(model, keras.tree.map_structure(lambda _: taken, model.input) if is_functional else taken)
    scores = keras.tree.flatten(outputs)[output]
    if len(scores.shape) != 2:
        scores = copies.call_own(keras.layers.Flatten(name=copies.unique("row_of_scores")), scores)
    # not the name that Keras counts up: it stands before each tensor's name in the file
    return keras.Model(image, scores, name=model.name)


class _Copies:
    """Copies of layers, made when they are first called."""

    def __init__(self) -> None:
        self._copies: dict[int, KerasLayer] = {}
        self._names = {"image"}

    def call(self, layer: KerasLayer, *arguments: Any, **named: Any) -> Any:
        """Calls the copy of ``layer``; of a model, the copies of its layers."""
        if _calls_as(layer, "sequential"):
            (values,) = arguments
            for inner in layer.layers:
                values = self.call(inner, values)
            return values
        if _calls_as(layer, "functional"):
            # clone_model() hands calls over like this, but not those of the models within a model
            return layer._run_through_graph(arguments[0], operation_fn=lambda inner: inner, call_fn=self.call)
        if id(layer) in self._copies:
            return self.call_own(self._copies[id(layer)], *arguments, **named)
        if _is_idle(layer, arguments):
            return arguments[0]
        copy = self._copies[id(layer)] = _copy(layer, self.unique(layer.name))
        outputs = self.call_own(copy, *arguments, **named)
        if copy is not layer:
            _take_weights(copy, layer)
        return outputs

    def call_own(self, layer: KerasLayer, *arguments: Any, **named: Any) -> Any:
        """Calls ``layer`` itself, as one does for inference."""
        named.pop("training", None)
        if "training" in inspect.signature(layer.call).parameters:
            named["training"] = False  # written into the graph, so that an export draws no random numbers
        return layer(*arguments, **named)

    def in_the_layout_of(self, shape: tuple[int | None, ...], image: Any) -> Any:
        """``image``, (height, width, channels), as a model takes it whose input has ``shape``."""
        import keras

        if len(shape) == 2:
            return self.call_own(keras.layers.Reshape(image.shape[1:3], name=self.unique("without_channels")), image)
        if is_channels_first(shape):
            return self.call_own(keras.layers.Permute((3, 1, 2), name=self.unique("channels_first")), image)
        return image

    def unique(self, name: str) -> str:
        """``name``, or with a number where a layer of another nested model has it already."""
        number, free = 1, name
        while free in self._names:
            free, number = f"{name}_{number}", number + 1
        self._names.add(free)
        return free


def is_channels_first(shape: tuple[int | None, ...]) -> bool:
    """Whether an image of ``shape``, without the batch, has its channels first: its last side cannot be channels."""
    return len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 3)


def _is_idle(layer: KerasLayer, arguments: tuple[Any, ...]) -> bool:
    """Whether ``layer`` is augmentation of Keras's own that leaves every image as it is when nobody trains.

    Some of these draw their random numbers in any case: in a file that makes variables of them.
    """
    import keras

    if not type(layer).__module__.startswith("keras.src.layers.preprocessing.image_preprocessing."):
        return False
    if len(arguments) != 1 or not keras.utils.is_keras_tensor(arguments[0]) or arguments[0].shape[0] is not None:
        return False
    shape = [side or 32 for side in arguments[0].shape[1:]]
    noise = np.random.default_rng(0).uniform(0, 255, (2, *shape)).astype(np.float32)
    return np.array_equal(keras.ops.convert_to_numpy(layer(noise, training=False)), noise)


def _calls_as(layer: KerasLayer, kind: str) -> bool:
    """Whether calling ``layer`` is what Keras's own class ``kind`` does, whatever else a class of the user adds."""
    return getattr(type(layer).call, "__module__", "") == f"keras.src.models.{kind}"


def _copy(layer: KerasLayer, name: str) -> KerasLayer:
    """A copy of ``layer`` that computes in float32; itself where its author made it uncopyable."""
    try:
        config = layer.get_config()
    except NotImplementedError:
        return layer
    return type(layer).from_config({**_in_float32(config, layer.name), "name": name})


def _in_float32(config: Any, layer: str) -> Any:
    """``config``, that of a layer or a part of it, with float32 for every other floating type.

    Raises:
        NotApplicableError: it says that the weights are quantized.
    """
    if isinstance(config, list | tuple):
        return type(config)(_in_float32(part, layer) for part in config)
    if not isinstance(config, dict):
        return config
    return {
        key: _policy_in_float32(value, layer) if key == "dtype" else _in_float32(value, layer)
        for key, value in config.items()
    }


def _policy_in_float32(policy: Any, layer: str) -> Any:
    if isinstance(policy, dict):
        kind, name = policy.get("class_name", ""), policy.get("config", {}).get("name")
        if kind not in ("DTypePolicy", "FloatDTypePolicy"):
            raise NotApplicableError(
                f"its layer {layer!r} is quantized by Keras already ({kind}); save the float model it was made from"
            )
    else:
        name = policy
    return "float32" if name in _FLOATS else policy


def _take_weights(copy: KerasLayer, layer: KerasLayer) -> None:
    import keras

    if not isinstance(layer, keras.Layer):
        return
    copy.set_weights(layer.get_weights())
    if isinstance(layer, keras.layers.Normalization):
        copy.finalize_state()  # it computes with what it derives from its weights
