"""Float .tflite files of small Keras models, finished int8 files, and what flows in them, with the built-in kernels."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 8


def pixels(count: int = 32, seed: int = 0) -> np.ndarray:
    """Inputs in -1..1, float32 (count, SIDE, SIDE, 3)."""
    return np.random.default_rng(seed).uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32)


class Images:
    """The same inputs one by one, as often as they are asked for."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __call__(self) -> Iterator[np.ndarray]:
        return iter(self.values[:, None])


def separable_model(activation: str, *, seed: int = 1) -> Any:
    """Two depthwise separable blocks whose channels differ in range by a hundred, as in MobileNet."""
    import keras

    generator = np.random.default_rng(seed)
    image = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    for number in range(2):
        values = keras.layers.BatchNormalization()(values)
        values = keras.layers.ReLU(6.0 if activation == "relu6" else None, name=f"relu{number}")(values)
        values = keras.layers.ZeroPadding2D(1)(values)
        values = keras.layers.DepthwiseConv2D(3, use_bias=False)(values)
        values = keras.layers.BatchNormalization()(values)
        values = keras.layers.ReLU(6.0 if activation == "relu6" else None)(values)
        values = keras.layers.Conv2D(8, 1, use_bias=False)(values)
    scores = keras.layers.Dense(4, activation="softmax")(keras.layers.GlobalAveragePooling2D()(values))
    model = keras.Model(image, scores)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            channels = layer.gamma.shape[0]
            layer.gamma.assign(10 ** generator.uniform(-1, 1, channels))
            layer.beta.assign(generator.uniform(0, 0.5, channels))
            layer.moving_variance.assign(generator.uniform(0.5, 2, channels))
        elif layer.weights:
            layer.set_weights([generator.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
    return model


def start(model: Any) -> Any:
    """The conversion of a Keras model, whose export is gone when the process ends."""
    from converter.models.flat import flatten
    from converter.models.keras import KerasFloatModel

    flat = flatten(model, tuple(model.inputs[0].shape[1:]), 0)
    return KerasFloatModel(Path("m.keras"), flat).start_conversion(Path(tempfile.mkdtemp(prefix="float-file-")))


def float_file(model: Any) -> bytes:
    """A plain float .tflite of a Keras model."""
    from converter.quantize import FLOAT32, Variant

    return bytes(start(model).convert(Variant(FLOAT32, FLOAT32.edges()), Images(pixels(1))))


def scores(content: bytes, values: np.ndarray) -> np.ndarray:
    """What a file of float edges gives for each input."""
    return tapped(content, values, None)


def tapped(content: bytes, values: np.ndarray, tensor: int | None) -> np.ndarray:
    """The real numbers of a tensor, the output where it is None, for each input."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=plain, experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    image, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]
    index = output if tensor is None else tensor
    scale, zero_point = next(each for each in interpreter.get_tensor_details() if each["index"] == index)[
        "quantization"
    ]
    rows = []
    for value in values:
        interpreter.set_tensor(image["index"], in_type_of(image, value[None]))
        interpreter.invoke()
        found = interpreter.get_tensor(index)
        rows.append((found.astype(np.float64) - zero_point) * scale if scale else found)
    return np.concatenate(rows)


def in_type_of(details: dict[str, Any], values: np.ndarray) -> np.ndarray:
    """Real numbers as an input takes them."""
    scale, zero_point = details["quantization"]
    if not scale:
        return values.astype(details["dtype"])
    limits = np.iinfo(details["dtype"])
    return np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max).astype(details["dtype"])
