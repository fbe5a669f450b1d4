"""A float model to the bytes of .tflite files. What is costly is done once: export, calibration, float file.

TensorFlow's converter makes most recipes from a SavedModel; litert-quantizer makes the others from a float .tflite, and
all of them where MODEL is a .tflite itself.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from converter.errors import ConversionError, first_line
from converter.models import FloatModel, KerasModel
from converter.quantize.litert import quantize_float_tflite
from converter.quantize.recipes import Edges, Variant
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.contracts.errors import EdgeDeployError

Inputs = Callable[[], Iterator[NDArray[np.float32]]]
"""Gives the calibration inputs anew at each call: float32 (1, height, width, channels)."""


class ModelConversion(Protocol):
    """Makes .tflite files without metadata from one float model."""

    def convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """The file of ``variant``.

        Args:
            variant: how to make it.
            calibration: the inputs that ranges are measured on, called where the recipe needs them.

        Raises:
            ConversionError: the converter refuses.
            ImageError: a calibration image cannot be decoded.
        """


class TensorFlowConversion:
    """Converts a SavedModel whose signature takes one image at a time."""

    def __init__(self, saved_model: Path) -> None:
        """Remembers the folder that :func:`start_conversion` or :func:`export_keras` wrote."""
        self._folder = saved_model
        self._calibrated: bytes | None = None

    def convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`ModelConversion`."""
        recipe = variant.recipe
        if recipe.tool == "litert-quantizer":
            return quantize_float_tflite(self._float_file, variant, calibration)
        if recipe.activations == "int8":
            calibrated = self.calibrate(calibration)
            with _failures_named(f"convert the model to {variant.name}"):
                return quantize_calibrated(calibrated, variant.edges, variant.float_layers)
        return self._float_file if recipe.weights == "float32" else self._convert(variant, calibration)

    def calibrate(self, calibration: Inputs) -> bytes:
        """The float model with the ranges of its activations, measured at the first call.

        Raises:
            ConversionError: TensorFlow refuses.
            ImageError: a calibration image cannot be decoded.
        """
        if self._calibrated is None:
            self._calibrated = self.calibrate_anew(calibration)
        return self._calibrated

    def calibrate_anew(self, calibration: Inputs) -> bytes:
        """The same on other inputs, not kept."""
        with _failures_named("calibrate the model"):
            converter = self._converter()
            converter.optimizations = _optimize()
            converter.representative_dataset = _representative(calibration)
            converter._experimental_calibrate_only = True
            return bytes(converter.convert())

    @cached_property
    def _float_file(self) -> bytes:
        with _failures_named("convert the model to float32"):
            return bytes(self._converter().convert())

    def _convert(self, variant: Variant, calibration: Inputs) -> bytes:
        import tensorflow as tf

        recipe = variant.recipe
        with _failures_named(f"convert the model to {recipe.name}"):
            converter = self._converter()
            converter.optimizations = _optimize()
            converter._experimental_disable_per_channel_quantization_for_dense_layers = not variant.dense_per_channel
            if recipe.weights == "float16":
                converter.target_spec.supported_types = [tf.float16]
            if recipe.activations == "int16":
                converter.representative_dataset = _representative(calibration)
                converter.target_spec.supported_ops = [
                    tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
                    tf.lite.OpsSet.TFLITE_BUILTINS,
                ]
            return bytes(converter.convert())

    def _converter(self) -> Any:
        import tensorflow as tf

        return tf.lite.TFLiteConverter.from_saved_model(str(self._folder))


class TFLiteConversion:
    """Quantizes a float .tflite with litert-quantizer."""

    def __init__(self, content: bytes) -> None:
        """Remembers the float model, which has no metadata."""
        self._content = content

    def convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`ModelConversion`."""
        if variant.recipe.weights == "float32":
            return self._content
        return quantize_float_tflite(self._content, variant, calibration)


def start_conversion(model: FloatModel, folder: Path) -> ModelConversion:
    """The conversion that fits the kind of ``model``; an export goes to ``folder``.

    Raises:
        ConversionError: TensorFlow cannot export the model.
    """
    if hasattr(model, "content"):
        return TFLiteConversion(model.content)
    export_model(model, folder)
    return TensorFlowConversion(folder)


def export_model(model: FloatModel, folder: Path) -> None:
    """Writes ``model`` as a SavedModel that takes one image at a time; recipes are converted from it.

    The batch is fixed to one, since accelerators refuse tensors of open size.

    Raises:
        ConversionError: TensorFlow refuses.
    """
    with _failures_named("export the model"):
        if hasattr(model, "keras_model"):
            export_keras(model.keras_model, model.image_shape, folder)
        else:
            _export_signature(model, folder)


def export_keras(model: KerasModel, image_shape: tuple[int, int, int], folder: Path) -> None:
    """Writes a ``keras.Model`` as such a SavedModel."""
    import keras

    image = keras.InputSpec(dtype="float32", shape=(1, *image_shape), name="image")
    model.export(folder, format="tf_saved_model", verbose=False, input_signature=[image])


def _export_signature(model: Any, folder: Path) -> None:
    import tensorflow as tf

    module = tf.Module()
    module.model = model._loaded
    call = tf.function(lambda image: {"scores": model.call(image)})
    image = tf.TensorSpec((1, *model.image_shape), tf.float32, name="image")
    tf.saved_model.save(module, str(folder), signatures=call.get_concrete_function(image))


def quantize_calibrated(
    calibrated: bytes, edges: Edges, float_layers: tuple[str, ...] = (), *, verify: bool = False
) -> bytes:
    """Full-integer .tflite from what :meth:`TensorFlowConversion.calibrate` gives.

    This is the second half of what ``TFLiteConverter.convert`` does, called by itself: only so can one calibration
    serve many files, with layers left out and integers at the edges.

    Args:
        calibrated: a float model with ranges.
        edges: types of the input and output tensors.
        float_layers: names of the tensors whose operators stay float32.
        verify: adds the operators that compare each layer with its float self, for the layer search.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    return bytes(
        mlir_quantize(
            calibrated,
            input_data_type=tf.as_dtype(edges.input),
            output_data_type=tf.as_dtype(edges.output),
            enable_numeric_verify=verify,
            denylisted_nodes=list(float_layers),
        )
    )


def layer_statistics(calibrated: bytes, inputs: Inputs) -> str:
    """What TensorFlow's QuantizationDebugger says of each layer, as CSV.

    Args:
        calibrated: a float model with ranges.
        inputs: gives what it is run on.

    Raises:
        ConversionError: TensorFlow refuses.
    """
    import tensorflow as tf

    table = io.StringIO()
    with _failures_named("compare the layers"):
        content = quantize_calibrated(calibrated, Edges("float32", "float32"), verify=True)
        debugger = tf.lite.experimental.QuantizationDebugger(
            quant_debug_model_content=content, debug_dataset=lambda: ([pixels] for pixels in inputs())
        )
        debugger.run()
        debugger.layer_statistics_dump(table)
    return table.getvalue()


def _representative(calibration: Inputs) -> Callable[[], Iterator[list[NDArray[np.float32]]]]:
    return lambda: ([pixels] for pixels in calibration())


def _optimize() -> list[Any]:
    import tensorflow as tf

    return [tf.lite.Optimize.DEFAULT]


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
