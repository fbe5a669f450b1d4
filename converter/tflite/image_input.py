"""Edits the image input of a calibrated float .tflite: its range, and the normalisation as its first operator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import add_buffer, add_tensor, move_input, new_operator
from converter.tflite.packing import unpack_model, write_model

Range = tuple[float, float]


def set_input_range(calibrated: bytes, values: Range) -> bytes:
    """Returns the model with ``values``, the lowest and the highest, as the range of its input."""
    model = unpack_model(calibrated)
    graph = model.subgraphs[0]
    _set_range(graph.tensors[graph.inputs[0]], values)
    return write_model(model)


def normalize_inside(calibrated: bytes, mean: Sequence[float], std: Sequence[float], values: Range) -> bytes:
    """Returns the model with the normalisation in front, a depthwise convolution of 1x1; its input takes 0..255.

    Args:
        calibrated: a float model whose input is normalised.
        mean: of each channel.
        std: of each channel.
        values: the range of what is normalised.
    """
    model = unpack_model(calibrated)
    graph = model.subgraphs[0]
    normalised = int(graph.inputs[0])
    _set_range(graph.tensors[normalised], values)
    pixels = add_tensor(graph, "pixels", graph.tensors[normalised].shape)
    _set_range(graph.tensors[pixels], (0.0, 255.0))
    gain = 1 / np.asarray(std, np.float32)
    gains = add_tensor(graph, "normalization/std", (1, 1, 1, len(std)), buffer=add_buffer(model, gain))
    offset = -np.asarray(mean, np.float32) * gain
    offsets = add_tensor(graph, "normalization/mean", (len(mean),), buffer=add_buffer(model, offset))
    code = schema.BuiltinOperator.DEPTHWISE_CONV_2D
    first = new_operator(model, code, 1, (pixels, gains, offsets), (normalised,))
    first.builtinOptionsType = schema.BuiltinOptions.DepthwiseConv2DOptions
    first.builtinOptions = schema.DepthwiseConv2DOptionsT()
    first.builtinOptions.padding = schema.Padding.VALID
    first.builtinOptions.strideH = first.builtinOptions.strideW = first.builtinOptions.depthMultiplier = 1
    graph.operators.insert(0, first)
    move_input(model, pixels)
    return write_model(model)


def _set_range(tensor: schema.TensorT, values: Range) -> None:
    quantization = tensor.quantization or schema.QuantizationParametersT()
    quantization.min, quantization.max = [values[0]], [values[1]]
    tensor.quantization = quantization
