"""Keras models: .keras files, and .h5 files of Keras 3 and Keras 2. Code inside a file is never executed."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import LoadError, NotApplicableError, SourceError, first_line, library_failures
from converter.models.base import (
    FloatModel,
    channels_last,
    check_image_input,
    refuse_signature,
    refuse_words,
)
from converter.models.flat import KerasModel, flatten
from converter.quantize import TensorFlowConversion, failures_named
from edge_runtime.console.command import logger
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model import ModelOutput, UserSays, choose_output

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


class KerasFloatModel(FloatModel):
    """A Keras model as a float model: flat, in float32, as it computes when nobody trains it."""

    def __init__(self, path: Path, model: KerasModel) -> None:
        """Takes a flat ``keras.Model`` of one image and one row of scores, made of ``path``."""
        self.path = path
        self.image_shape = tuple(model.inputs[0].shape[1:])
        self.output_shape = tuple(model.outputs[0].shape)
        self._model = model

    @classmethod
    def load(cls, path: Path, said: UserSays, signature: str | None) -> KerasFloatModel:
        """See :class:`FloatModel`."""
        refuse_signature(path, signature)
        refuse_words(path, said, "layout")
        model = load_keras(path)
        image_shape = check_image_input(path, [channels_last(tensor.shape) for tensor in model.inputs], said.size)
        chosen, guess = choose_output(path, _outputs(model), said.output)
        if guess:
            logger.info("%s: taken for the scores: %s; --output overrules", path, guess)
        return cls(path, _flat(path, model, image_shape, chosen.position))

    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """See :class:`FloatModel`."""
        return np.asarray(self._model.predict_on_batch(pixels), np.float32)

    def start_conversion(self, folder: Path) -> TensorFlowConversion:
        """See :class:`FloatModel`."""
        import keras

        image = keras.InputSpec(dtype="float32", shape=(1, *self.image_shape), name="image")
        with failures_named("export the model"):
            self._model.export(folder, format="tf_saved_model", verbose=False, input_signature=[image])
        return TensorFlowConversion(folder)


def load_keras(path: Path) -> KerasModel:
    """Loads a Keras model from ``path``.

    Raises:
        SourceError: the file is missing or damaged, holds weights only, or code that only its author can vouch for.
    """
    import keras

    _check_is_keras_file(path)
    try:
        with native_output_as_debug(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = keras.models.load_model(path, custom_objects=_keras_2_objects(), compile=False, safe_mode=True)
    except Exception as error:  # Keras raises nearly anything on damaged files
        raise LoadError(f"{path}: Keras cannot load it: {_reason(error)}") from error
    if not isinstance(model, keras.Model):
        raise SourceError(f"{path}: it is no Keras model but a {type(model).__name__}; save the whole model")
    return _with_input(path, model)


def _with_input(path: Path, model: KerasModel) -> KerasModel:
    """``model``; one that is a class of its author (registered, so that Keras could load it) as a layer of another.

    Raises:
        SourceError: nobody knows what images it takes.
    """
    import keras

    if getattr(model, "inputs", None):
        return model
    shape = (model.get_build_config() or {}).get("input_shape")
    if not isinstance(shape, list | tuple) or len(shape) != 4:
        raise SourceError(f"{path}: it does not know the shape of its input; call it once on an image, and save it")
    image = keras.Input(tuple(shape[1:]), name="image")
    return keras.Model(image, model(image))


def _outputs(model: KerasModel) -> list[ModelOutput]:
    """The outputs as a .tflite would announce them: by their key in a dictionary, and by their layer."""
    named = getattr(model, "output", None)  # not known of every Sequential
    keys = {id(tensor): key for key, tensor in named.items()} if isinstance(named, dict) else {}
    layers = getattr(model, "output_names", None) or [f"output {number}" for number in range(len(model.outputs))]
    outputs = []
    for number, (name, tensor) in enumerate(zip(layers, model.outputs, strict=True)):
        shape = (1, *(side or 1 for side in tensor.shape[1:]))
        names = (keys.get(id(tensor), name), name)
        outputs.append(ModelOutput(number, number, names, shape, TensorSpec(shape, "float32")))
    return outputs


def _flat(path: Path, model: KerasModel, image_shape: tuple[int, int, int], output: int) -> KerasModel:
    """``model`` as :func:`converter.models.flat.flatten` makes it.

    Raises:
        SourceError: Keras has quantized it, or one of its layers cannot be copied or called.
    """
    named = library_failures(f"{path}: its layers cannot be called on one image", LoadError)
    try:
        with named, native_output_as_debug(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return flatten(model, image_shape, output)
    except NotApplicableError as error:
        raise SourceError(f"{path}: {error}") from error


def _check_is_keras_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_HDF5_MAGIC))
    except OSError as error:
        raise SourceError(f"{path}: cannot read: {error.strerror}; train again, or copy it again") from error
    if start != _HDF5_MAGIC and not zipfile.is_zipfile(path):
        raise SourceError(f"{path}: damaged or truncated: no Keras file; train again, or copy it again")


def _reason(error: Exception) -> str:
    """One line for what Keras says in many."""
    text = str(error).rpartition("Exception encountered: ")[2]  # the innermost; around it stand whole configurations
    unknown = re.search(
        r"(?:Could not locate|Unknown) (?:class|function|layer|activation function):? '?([^'\s]+?)'?\.? ", text
    )
    if "unsafe" in text.lower() or "lambda" in text.lower():
        return "it holds Python code (a Lambda layer), which is not executed; replace that layer by one of Keras"
    if unknown:
        return (
            f"it needs {unknown[1]!r}, Python code of its author that is not in the file; in Python, import that code "
            "(it needs @keras.saving.register_keras_serializable()), then call converter.convert()"
        )
    if "No model config found" in text:
        return "it holds weights without a model; save the whole model with model.save()"
    if "config.json" in text:
        return "it is a zip file without a model; save the model with model.save('model.keras')"
    layer = re.findall(r"Error when deserializing class '(\w+)'", str(error))
    return first_line(ValueError(text)) + (f" (layer {layer[-1]})" if layer else "")


def _keras_2_objects() -> dict[str, Any]:
    """Layers whose saved form changed from Keras 2 to Keras 3."""
    import keras

    class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
        """Keras 2 wrote ``groups``, always 1, into its configuration; Keras 3 does not know it."""

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> keras.layers.DepthwiseConv2D:
            rest = {key: value for key, value in config.items() if (key, value) != ("groups", 1)}
            return keras.layers.DepthwiseConv2D(**rest)

    return {"DepthwiseConv2D": DepthwiseConv2D}
