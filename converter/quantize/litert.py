"""A float .tflite with smaller weights, by litert-quantizer: TensorFlow makes such files of its own models only."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from converter.errors import library_failures
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
    named = library_failures(f"litert-quantizer cannot convert the model to {name}")
    with named, native_output_as_debug(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantizer = Quantizer(bytearray(content))
        _MAKERS[name](quantizer)
        result = quantizer.quantize(None, enable_progress_bar=False, enable_progress_report=False)
        return bytes(result.quantized_model)


def _float16(quantizer: Any) -> None:
    from litert_quantizer import qtyping
    from litert_quantizer.algorithm_manager import AlgorithmName

    weights = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=weights, compute_precision=qtyping.ComputePrecision.FLOAT, explicit_dequantize=True
    )
    for operation in _operations("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "CONV_2D_TRANSPOSE",
                                 "EMBEDDING_LOOKUP"):  # fmt: skip
        quantizer.update_quantization_recipe(".*", operation, config, AlgorithmName.FLOAT_CASTING)


def _dynamic(quantizer: Any) -> None:
    for operation in _operations(*_IN_8_BITS):
        quantizer.add_dynamic_config(".*", operation, num_bits=8)


def _weights(quantizer: Any) -> None:
    for operation in _operations(*_IN_8_BITS):
        quantizer.add_weight_only_config(".*", operation, num_bits=8)


def _operations(*names: str) -> list[Any]:
    from litert_quantizer import qtyping

    return [getattr(qtyping.TFLOperationName, name) for name in names]


_IN_8_BITS = ("CONV_2D", "FULLY_CONNECTED", "CONV_2D_TRANSPOSE", "BATCH_MATMUL", "EMBEDDING_LOOKUP")
"""Depthwise kernels stay float32: they are 3 % of the bytes and most of the loss, and slow where activations are
quantized at run time (docs/decisions/0017-which-converter-makes-which-recipe.md)."""

_MAKERS: Mapping[str, Callable[[Any], None]] = {"float16": _float16, "dynamic": _dynamic, "int8-weights": _weights}
