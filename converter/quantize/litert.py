"""A float .tflite quantized with litert-quantizer: weight-only, and every recipe where MODEL is a .tflite itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import ConversionError, library_failures
from converter.quantize.conversion import Conversion, Inputs
from converter.quantize.recipes import Variant
from edge_runtime.console.native import native_output_as_debug


class LiteRTConversion(Conversion):
    """Quantizes a float .tflite."""

    def __init__(self, content: bytes) -> None:
        """Remembers the float model, which has no metadata."""
        self._content = content

    def convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """See :class:`Conversion`."""
        if variant.recipe.weights == "float32":
            return self._content
        return quantize_float_tflite(self._content, variant, calibration)


def quantize_float_tflite(content: bytes, variant: Variant, calibration: Inputs) -> bytes:
    """Quantizes ``content`` by the recipe of ``variant``.

    Args:
        content: a float .tflite with a signature.
        variant: a recipe that keeps no layers, without equalisation.
        calibration: gives the calibration inputs, called where the recipe needs them.

    Raises:
        ConversionError: litert-quantizer refuses, or lacks the recipe.
        ImageError: a calibration image cannot be decoded.
    """
    name = variant.recipe.name
    if name not in _MAKERS:
        raise ConversionError(
            f"litert-quantizer has no recipe for {name}; a float .tflite becomes {', '.join(_MAKERS)}"
        )
    from litert_quantizer.quantizer import Quantizer

    named = library_failures(f"litert-quantizer cannot convert the model to {name}")
    with named, native_output_as_debug(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantizer = Quantizer(bytearray(content))
        _MAKERS[name](quantizer)
        ranges = None
        if quantizer.need_calibration:
            signature, argument = _signature(content)
            ranges = quantizer.calibrate({signature: _Samples(argument, calibration)}, num_threads=2)
        result = quantizer.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
        return bytes(result.quantized_model)


class _Samples:
    """Calibration inputs by the name of the argument; litert-quantizer goes through them twice."""

    def __init__(self, argument: str, calibration: Inputs) -> None:
        self._argument = argument
        self._calibration = calibration

    def __iter__(self) -> Iterator[dict[str, NDArray[np.float32]]]:
        for pixels in self._calibration():
            yield {self._argument: pixels}


def _signature(content: bytes) -> tuple[str, str]:
    """Name of the signature and of its one input."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    name, signature = next(iter(interpreter.get_signature_list().items()))
    return name, signature["inputs"][0]


def _static(activation_bits: int) -> Callable[[Any], None]:
    def configure(quantizer: Any) -> None:
        quantizer.add_static_config(".*", _all(), activation_num_bits=activation_bits, weight_num_bits=8)

    return configure


def _float16(quantizer: Any) -> None:
    from litert_quantizer import qtyping
    from litert_quantizer.algorithm_manager import AlgorithmName

    weights = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=weights, compute_precision=qtyping.ComputePrecision.FLOAT, explicit_dequantize=True
    )
    for operation in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "CONV_2D_TRANSPOSE", "EMBEDDING_LOOKUP"):
        quantizer.update_quantization_recipe(
            ".*", getattr(qtyping.TFLOperationName, operation), config, AlgorithmName.FLOAT_CASTING
        )


def _all() -> Any:
    from litert_quantizer import qtyping

    return qtyping.TFLOperationName.ALL_SUPPORTED


_MAKERS: Mapping[str, Callable[[Any], None]] = {
    "float16": _float16,
    "dynamic": lambda quantizer: quantizer.add_dynamic_config(".*", _all(), num_bits=8),
    "int8-weights": lambda quantizer: quantizer.add_weight_only_config(".*", _all(), num_bits=8),
    "int8": _static(8),
    "int16x8": _static(16),
}
