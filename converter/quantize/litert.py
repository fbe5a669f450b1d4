"""A float .tflite with smaller weights, by litert-quantizer: TensorFlow makes such files of its own models only."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from converter.errors import ConversionError, first_line
from converter.quantize.recipes import Variant
from edge_runtime.console.native import native_output_as_debug


def quantize_float_tflite(content: bytes, variant: Variant) -> bytes:
    """Quantizes the weights of ``content`` by the recipe of ``variant``, one that needs no calibration.

    Args:
        content: a float .tflite with a signature.
        variant: see above.

    Raises:
        ConversionError: litert-quantizer refuses.
    """
    from litert_quantizer.quantizer import Quantizer

    name = variant.recipe.name
    try:
        with native_output_as_debug(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            quantizer = Quantizer(bytearray(content))
            _MAKERS[name](quantizer)
            result = quantizer.quantize(None, enable_progress_bar=False, enable_progress_report=False)
            return bytes(result.quantized_model)
    except Exception as error:  # it raises nearly anything on what it does not know
        raise ConversionError(f"litert-quantizer cannot convert the model to {name}: {first_line(error)}") from error


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
}
