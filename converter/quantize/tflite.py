"""A float .tflite to the bytes of quantized ones.

What needs calibration is TensorFlow's, as for other kinds of MODEL; the rest is litert-quantizer's. Which is better at
what was measured: docs/decisions/0017-which-converter-makes-which-recipe.md.
"""

from __future__ import annotations

from converter.quantize.conversion import Inputs
from converter.quantize.litert import quantize_float_tflite
from converter.quantize.recipes import Variant
from converter.quantize.tensorflow import CalibratingConversion, calibrate, failures_named, one_by_one, with_extremes


class TFLiteConversion(CalibratingConversion):
    """Quantizes a float .tflite."""

    def __init__(self, content: bytes) -> None:
        """Remembers the float model, which has no metadata."""
        super().__init__()
        self._content = content

    def _float32(self) -> bytes:
        return self._content

    def _calibrate(self, calibration: Inputs) -> bytes:
        return calibrate(self._content, calibration)

    def _convert(self, variant: Variant, calibration: Inputs) -> bytes:
        if variant.recipe.weights == "float32":
            return self._content
        if variant.recipe.activations == "int16":
            return self._with_16_bits(variant, calibration)
        return quantize_float_tflite(self._content, variant)

    def _with_16_bits(self, variant: Variant, calibration: Inputs) -> bytes:
        import tensorflow as tf
        from tensorflow.lite.python.optimize.calibrator import Calibrator

        with failures_named(f"convert the model to {variant.name}"):
            content = Calibrator(self._content).calibrate_and_quantize(
                one_by_one(with_extremes(calibration, variant)),
                tf.float32,
                tf.float32,
                allow_float=True,
                activations_type=tf.int16,
                bias_type=tf.int64,
            )
            return bytes(content)
