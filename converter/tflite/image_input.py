"""Edits the image input of a calibrated float .tflite: its range, and the normalisation as its first operator.

The range is followed through the operators with a constant that many models begin with, such as Keras's Rescaling: what
they make of pixels is known as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from converter.tflite.edit import add_buffer, add_tensor, builtin_code, constant_of, move_input, new_operator
from converter.tflite.packing import unpack_model, write_model

Range = tuple[float, float]
_ELEMENTWISE: dict[int, Callable[..., NDArray[np.float32]]] = {
    schema.BuiltinOperator.ADD: np.add,
    schema.BuiltinOperator.SUB: np.subtract,
    schema.BuiltinOperator.MUL: np.multiply,
    schema.BuiltinOperator.DIV: np.divide,
}


def set_input_range(calibrated: bytes, values: Range) -> bytes:
    """Returns the model with ``values``, the lowest and the highest, as the range of its input."""
    model = unpack_model(calibrated)
    graph = model.subgraphs[0]
    _set_range(graph.tensors[graph.inputs[0]], values)
    _follow(model, int(graph.inputs[0]), np.asarray(values, np.float32)[:, None])
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
    gain = 1 / np.asarray(std, np.float32)
    offset = -np.asarray(mean, np.float32) * gain
    _follow(model, normalised, np.stack([offset, 255 * gain + offset]))
    pixels = add_tensor(graph, "pixels", graph.tensors[normalised].shape)
    _set_range(graph.tensors[pixels], (0.0, 255.0))
    gains = add_tensor(graph, "normalization/std", (1, 1, 1, len(std)), buffer=add_buffer(model, gain))
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


def _follow(model: schema.ModelT, index: int, ends: NDArray[np.float32]) -> None:
    """Sets the ranges of what operators with a constant make of the tensor ``index``.

    Args:
        model: calibrated.
        index: of a tensor whose range is set.
        ends: (2, channels), the lowest and the highest; or (2, 1) where channels are alike.
    """
    graph = model.subgraphs[0]
    known = {index: ends}
    for operator in graph.operators:
        result = _result(model, graph, operator, known)
        if result is not None:
            output = int(operator.outputs[0])
            known[output] = result
            _set_range(graph.tensors[output], (min(0.0, float(result.min())), max(0.0, float(result.max()))))


def _result(
    model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT, known: dict[int, NDArray[np.float32]]
) -> NDArray[np.float32] | None:
    """The ends of what the operator makes of a tensor with known ends and a constant; None where it does not."""
    code, options = builtin_code(model, operator), operator.builtinOptions
    inputs = [int(index) for index in operator.inputs]
    places = [place for place, index in enumerate(inputs) if index in known]
    if code not in _ELEMENTWISE or len(places) != 1 or (options is not None and options.fusedActivationFunction):
        return None
    (place,) = places
    constant = _a_channel(model, graph.tensors[inputs[1 - place]])
    if constant is None or (code == schema.BuiltinOperator.DIV and (place == 1 or not constant.all())):
        return None
    values = [known[inputs[place]], constant]
    ends = _ELEMENTWISE[code](*(values if place == 0 else reversed(values)))
    result: NDArray[np.float32] = np.sort(ends, axis=0)
    return result


def _a_channel(model: schema.ModelT, tensor: schema.TensorT) -> NDArray[np.float32] | None:
    """A float constant of one number, or one a channel, as (1, numbers)."""
    data = constant_of(model, tensor)
    if data is None or tensor.type != schema.TensorType.FLOAT32:
        return None
    numbers = data.view(np.float32)
    return numbers[None] if len(numbers) == 1 or len(numbers) == int(tensor.shape[-1]) else None


def _set_range(tensor: schema.TensorT, values: Range) -> None:
    quantization = tensor.quantization or schema.QuantizationParametersT()
    quantization.min, quantization.max = [values[0]], [values[1]]
    tensor.quantization = quantization
