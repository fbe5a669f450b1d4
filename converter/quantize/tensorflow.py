"""A SavedModel to the bytes of .tflite files with TensorFlow's converter.

What is costly is done once: calibration, and the float file. litert-quantizer makes the recipes that TensorFlow lacks,
from that float file.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import library_failures
from converter.quantize.conversion import Conversion, Inputs
from converter.quantize.litert import quantize_float_tflite
from converter.quantize.recipes import Edges, Variant
from edge_runtime.console.native import native_output_as_debug


class TensorFlowConversion(Conversion):
    """Converts a SavedModel whose signature takes one image at a time."""

    def __init__(self, saved_model: Path) -> None:
        """Remembers the folder that a float model was exported to.

        Its batch must be one, since accelerators refuse tensors of open size.
        """
        self._folder = saved_model
        self._calibrated: bytes | None = None

    def convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`Conversion`."""
        recipe = variant.recipe
        if recipe.tool == "litert-quantizer":
            return quantize_float_tflite(self._float_file, variant, calibration)
        if recipe.activations == "int8":
            calibrated = self._calibrate_once(calibration)
            with failures_named(f"convert the model to {variant.name}"):
                return _quantize_calibrated(calibrated, variant.edges, variant.float_layers)
        return self._float_file if recipe.weights == "float32" else self._convert(variant, calibration)

    def convert_anew(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`Conversion`."""
        calibrated = self._calibrate(calibration)
        with failures_named(f"convert the model to {variant.name}"):
            return _quantize_calibrated(calibrated, variant.edges)

    def layer_statistics(self, calibration: Inputs, inputs: Inputs) -> str:
        """See :class:`Conversion`."""
        import tensorflow as tf

        calibrated, table = self._calibrate_once(calibration), io.StringIO()
        with failures_named("compare the layers"):
            content = _quantize_calibrated(calibrated, Edges("float32", "float32"), verify=True)
            debugger = tf.lite.experimental.QuantizationDebugger(
                quant_debug_model_content=content, debug_dataset=_one_by_one(inputs)
            )
            debugger.run()
            debugger.layer_statistics_dump(table)
        return table.getvalue()

    def _calibrate_once(self, calibration: Inputs) -> bytes:
        if self._calibrated is None:
            self._calibrated = self._calibrate(calibration)
        return self._calibrated

    def _calibrate(self, calibration: Inputs) -> bytes:
        """The float model with the ranges of its activations."""
        with failures_named("calibrate the model"):
            converter = self._converter()
            converter.optimizations = _optimize()
            converter.representative_dataset = _one_by_one(calibration)
            converter._experimental_calibrate_only = True
            return bytes(converter.convert())

    @cached_property
    def _float_file(self) -> bytes:
        with failures_named("convert the model to float32"):
            return bytes(self._converter().convert())

    def _convert(self, variant: Variant, calibration: Inputs) -> bytes:
        import tensorflow as tf

        recipe = variant.recipe
        with failures_named(f"convert the model to {recipe.name}"):
            converter = self._converter()
            converter.optimizations = _optimize()
            converter._experimental_disable_per_channel_quantization_for_dense_layers = not variant.dense_per_channel
            if recipe.weights == "float16":
                converter.target_spec.supported_types = [tf.float16]
            if recipe.activations == "int16":
                converter.representative_dataset = _one_by_one(calibration)
                converter.target_spec.supported_ops = [
                    tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
                    tf.lite.OpsSet.TFLITE_BUILTINS,
                ]
            return bytes(converter.convert())

    def _converter(self) -> Any:
        import tensorflow as tf

        return tf.lite.TFLiteConverter.from_saved_model(str(self._folder))


@contextmanager
def failures_named(what: str) -> Iterator[None]:
    """Keeps TensorFlow's chatter out of sight, and maps its errors to one clear line: "TensorFlow cannot ``what``"."""
    with library_failures(f"TensorFlow cannot {what}"), native_output_as_debug(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _quantize_calibrated(
    calibrated: bytes, edges: Edges, float_layers: tuple[str, ...] = (), *, verify: bool = False
) -> bytes:
    """Full-integer .tflite from a calibrated float model.

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


def _one_by_one(inputs: Inputs) -> Callable[[], Iterator[list[NDArray[np.float32]]]]:
    return lambda: ([pixels] for pixels in inputs())


def _optimize() -> list[Any]:
    import tensorflow as tf

    return [tf.lite.Optimize.DEFAULT]
