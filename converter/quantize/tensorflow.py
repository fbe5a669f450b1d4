"""A SavedModel to the bytes of .tflite files with TensorFlow's converter; and its quantizer, for every kind of MODEL.

What is costly is done once: calibration, and the float file. litert-quantizer makes the recipes that TensorFlow lacks,
from that float file.
"""

from __future__ import annotations

import io
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import library_failures
from converter.quantize.conversion import Conversion, Inputs
from converter.quantize.litert import quantize_float_tflite
from converter.quantize.pixels import by_channel, pixel_range
from converter.quantize.recipes import Edges, Variant
from converter.quantize.trial import ensure_calibrates
from edge_runtime.console.native import native_output_as_debug

if TYPE_CHECKING:
    from converter.quantize.repairs.calibrated import CalibratedModel


class CalibratingConversion(Conversion):
    """What all conversions have in common: one calibration serves every file with 8-bit activations."""

    def __init__(self) -> None:
        """Nothing is calibrated yet."""
        self._calibrated: CalibratedModel | None = None

    def convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`Conversion`."""
        if variant.recipe.needs_calibration and self._calibrated is None:
            ensure_calibrates(self._float32(), calibration)
        if variant.recipe.activations == "int8":
            return _make(self._calibrate_once(calibration), variant)
        return self._convert(variant, calibration)

    def convert_anew(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`Conversion`."""
        calibrated = _calibrated(self._calibrate(calibration), calibration)
        with failures_named(f"convert the model to {variant.name}"):
            return _make(calibrated, variant)

    def float_twin(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`Conversion`."""
        return _with_pixels(self._calibrate_once(calibration).for_variant(variant).content, variant)

    def layer_statistics(self, variant: Variant, calibration: Inputs, inputs: Inputs) -> str:
        """See :class:`Conversion`."""
        import tensorflow as tf

        float_edges = replace(variant, edges=Edges("float32", "float32"))
        calibrated = self._calibrate_once(calibration).for_variant(variant).with_ranges(variant.ranges)
        content, table = _quantize(calibrated, float_edges, verify=True), io.StringIO()
        with failures_named("compare the layers"):
            debugger = tf.lite.experimental.QuantizationDebugger(
                quant_debug_model_content=content, debug_dataset=one_by_one(inputs)
            )
            debugger.run()
            debugger.layer_statistics_dump(table)
        return table.getvalue()

    def _calibrate_once(self, calibration: Inputs) -> CalibratedModel:
        if self._calibrated is None:
            self._calibrated = _calibrated(self._calibrate(calibration), calibration)
        return self._calibrated

    @abstractmethod
    def _float32(self) -> bytes:
        """The float model."""

    @abstractmethod
    def _calibrate(self, calibration: Inputs) -> bytes:
        """The float model with the ranges of its activations."""

    @abstractmethod
    def _convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """The file of a variant whose activations are not in 8 bits."""


class TensorFlowConversion(CalibratingConversion):
    """Converts a SavedModel whose signature takes one image at a time."""

    def __init__(self, saved_model: Path) -> None:
        """Remembers the folder that a float model was exported to.

        Its batch must be one, since accelerators refuse tensors of open size.
        """
        super().__init__()
        self._folder = saved_model

    def _calibrate(self, calibration: Inputs) -> bytes:
        with failures_named("calibrate the model"):
            converter = self._converter()
            converter.optimizations = _optimize()
            converter.representative_dataset = one_by_one(calibration)
            converter._experimental_calibrate_only = True
            return bytes(converter.convert())

    def _float32(self) -> bytes:
        return self._float_file

    @cached_property
    def _float_file(self) -> bytes:
        with failures_named("convert the model to float32"):
            return bytes(self._converter().convert())

    def _convert(self, variant: Variant, calibration: Inputs) -> bytes:
        recipe = variant.recipe
        if recipe.tool == "litert-quantizer":
            return quantize_float_tflite(self._float_file, variant)
        return self._float_file if recipe.weights == "float32" else self._optimized(variant, calibration)

    def _optimized(self, variant: Variant, calibration: Inputs) -> bytes:
        import tensorflow as tf

        recipe = variant.recipe
        with failures_named(f"convert the model to {recipe.name}"):
            converter = self._converter()
            converter.optimizations = _optimize()
            converter._experimental_disable_per_channel_quantization_for_dense_layers = not variant.dense_per_channel
            if recipe.weights == "float16":
                converter.target_spec.supported_types = [tf.float16]
            if recipe.activations == "int16":
                converter.representative_dataset = one_by_one(with_extremes(calibration, variant))
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


def calibrate(content: bytes, calibration: Inputs) -> bytes:
    """A float .tflite with the ranges of its activations.

    Raises:
        ConversionError: TensorFlow cannot run it.
    """
    from tensorflow.lite.python.optimize.calibrator import Calibrator

    with failures_named("calibrate the model"):
        return bytes(Calibrator(content).calibrate(one_by_one(calibration)))


def _calibrated(content: bytes, calibration: Inputs) -> CalibratedModel:
    from converter.quantize.repairs.calibrated import CalibratedModel  # here: it loads the interpreter

    return CalibratedModel(content, calibration, calibrate)


def _make(calibrated: CalibratedModel, variant: Variant) -> bytes:
    """The int8 file of a variant, with all that is done to the model before quantizing and to the file after."""
    model = calibrated.for_variant(variant)
    return model.repaired(_quantize(model.with_ranges(variant.ranges), variant), variant)


def _quantize(calibrated: bytes, variant: Variant, *, verify: bool = False) -> bytes:
    """Full-integer .tflite from a calibrated float model.

    This is the second half of what ``TFLiteConverter.convert`` does, called by itself: only so can one calibration
    serve many files, with layers left out, integers at the edges and the range of pixels at the input.

    Args:
        calibrated: a float model with ranges.
        variant: its edges, the layers that stay float32, and how pixels become its input.
        verify: adds the operators that compare each layer with its float self, for the layer search.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    with failures_named(f"convert the model to {variant.name}"):
        return bytes(
            mlir_quantize(
                _with_pixels(calibrated, variant),
                input_data_type=tf.as_dtype(variant.edges.input),
                output_data_type=tf.as_dtype(variant.edges.output),
                enable_numeric_verify=verify,
                denylisted_nodes=list(variant.float_layers),
            )
        )


def _with_pixels(content: bytes, variant: Variant) -> bytes:
    """A float model with the range of pixels at its input, where it is known how they are normalised.

    Where an operator of the int8 file normalises, the float model gets the same one.
    """
    from converter.tflite.image_input import normalize_inside, set_input_range

    spec = variant.preprocessing
    if spec is None:
        return content
    if variant.normalizes_inside:
        return normalize_inside(content, *by_channel(spec), pixel_range(spec))
    return set_input_range(content, pixel_range(spec))


def with_extremes(calibration: Inputs, variant: Variant) -> Inputs:
    """The calibration inputs, and a black and a white image: nothing that comes later lies beyond.

    It widens inner ranges, too, by what 16 bits have to spare; 8 bits have not.
    """
    spec = variant.preprocessing
    if spec is None:
        return calibration
    mean, std = np.asarray(spec.mean, np.float32), np.asarray(spec.std, np.float32)

    def inputs() -> Iterator[NDArray[np.float32]]:
        for pixels in calibration():
            yield pixels
        for extreme in (0, 255):
            yield np.broadcast_to((extreme - mean) / std, pixels.shape).astype(np.float32)

    return inputs


def one_by_one(inputs: Inputs) -> Callable[[], Iterator[list[NDArray[np.float32]]]]:
    """The inputs as TensorFlow's calibration takes them."""
    return lambda: ([pixels] for pixels in inputs())


def _optimize() -> list[Any]:
    import tensorflow as tf

    return [tf.lite.Optimize.DEFAULT]
