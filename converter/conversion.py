"""A Keras model to the bytes of a .tflite, by one recipe, with TensorFlow's converter."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import ConversionError, first_line
from converter.recipes import Edges, Recipe
from converter.source import KerasModel
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.contracts.native import native_output_as_debug

Inputs = Callable[[], Iterator[NDArray[np.float32]]]
"""Gives the calibration inputs anew at each call: float32 (1, height, width, channels)."""


def export_model(model: KerasModel, folder: Path) -> None:
    """Writes ``model`` as a SavedModel that takes one image at a time; every recipe is converted from it.

    The batch is fixed to one, since accelerators refuse tensors of open size.

    Args:
        model: a ``keras.Model`` with one input, (any, height, width, channels), and one output.
        folder: to write to.

    Raises:
        ConversionError: TensorFlow refuses.
    """
    import keras

    image = keras.InputSpec(dtype="float32", shape=(1, *model.input_shape[1:]), name="image")
    with _failures_named("export the model"):
        model.export(folder, format="tf_saved_model", verbose=False, input_signature=[image])


def convert_exported(folder: Path, recipe: Recipe, edges: Edges, calibration: Inputs | None) -> bytes:
    """Converts what :func:`export_model` wrote to a .tflite without metadata.

    Args:
        folder: the SavedModel.
        recipe: how numbers are stored.
        edges: types of the input and output tensors, among the recipe's.
        calibration: where the recipe needs it.

    Raises:
        ConversionError: TensorFlow refuses.
        ImageError: a calibration image cannot be decoded.
    """
    import tensorflow as tf

    with _failures_named(f"convert the model to {recipe.name}"):
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
        _configure(converter, recipe, edges, calibration)
        return bytes(converter.convert())


def _configure(converter: Any, recipe: Recipe, edges: Edges, calibration: Inputs | None) -> None:
    import tensorflow as tf

    if recipe.weights == "float32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if recipe.weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if calibration is not None:
        converter.representative_dataset = lambda: ([pixels] for pixels in calibration())
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.as_dtype(edges.input)
        converter.inference_output_type = tf.as_dtype(edges.output)


@contextmanager
def _failures_named(what: str) -> Iterator[None]:
    """Keeps TensorFlow's chatter out of sight, and maps its errors to one clear line."""
    import tensorflow as tf

    try:
        with native_output_as_debug(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ValueError, TypeError, RuntimeError, OSError, tf.errors.OpError) as error:
        if isinstance(error, EdgeDeployError):
            raise
        raise ConversionError(f"TensorFlow cannot {what}: {first_line(error)}") from error
