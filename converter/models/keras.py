"""Keras models: .keras files, and .h5 files of Keras 3 and Keras 2. Code inside a file is never executed."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import SourceError, first_line
from converter.models.base import FloatModel, check_image_input, check_scores_output
from converter.quantize import Inputs, Preparation, TensorFlowConversion, failures_named
from converter.quantize.weights import KerasModel, prepare_copy
from edge_runtime.console.native import native_output_as_debug

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


class KerasFloatModel(FloatModel):
    """A Keras model as a float model."""

    def __init__(self, path: Path, model: KerasModel, image_shape: tuple[int, int, int]) -> None:
        """Takes a ``keras.Model`` of one image, loaded from ``path``."""
        self.path = path
        self.image_shape = image_shape
        self.output_shape = tuple(model.output_shape)
        self._model = model

    @classmethod
    def load(cls, path: Path, image_size: int | None) -> KerasFloatModel:
        """See :class:`FloatModel`."""
        model = load_keras(path)
        image_shape = check_image_input(path, [tensor.shape for tensor in model.inputs], image_size)
        check_scores_output(
            path, [(name, tensor.shape) for name, tensor in zip(model.output_names, model.outputs, strict=True)]
        )
        return cls(path, model, image_shape)

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

    def prepared(self, steps: Sequence[Preparation], inputs: Inputs) -> KerasFloatModel:
        """See :class:`FloatModel`."""
        return KerasFloatModel(self.path, prepare_copy(self._model, steps, inputs), self.image_shape)


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
        raise SourceError(f"{path}: Keras cannot load it: {_reason(error)}") from error
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise SourceError(f"{path}: it is no Keras model that knows its input; call it once on an image, and save it")
    return model


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
    text = str(error)
    if "unsafe" in text.lower() or "lambda" in text.lower():
        return "it holds Python code (a Lambda layer), which is not executed; replace that layer by one of Keras"
    if "No model config found" in text:
        return "it holds weights without a model; save the whole model with model.save()"
    return first_line(error)


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
