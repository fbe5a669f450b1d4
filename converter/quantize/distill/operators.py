"""What the operators of a .tflite compute, on real numbers, in TensorFlow, so that gradients can flow through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ai_edge_litert import schema_py_generated as schema

Values = Any
"""A ``tf.Tensor``, the images first."""
Compute = Callable[[Any, Sequence[Any], tuple[int, ...]], Values]
"""From the operator's options, its inputs and the shape of its output, (1, ...), to its output."""

_Code = schema.BuiltinOperator
_PADDING = {schema.Padding.SAME: "SAME", schema.Padding.VALID: "VALID"}


def activate(values: Values, function: int) -> Values:
    """Applies an activation that is fused into an operator.

    Raises:
        KeyError: it is none of ReLU, ReLU6, ReLU from -1 to 1, and tanh.
    """
    import tensorflow as tf

    kind = schema.ActivationFunctionType
    functions: dict[int, Callable[[Values], Values]] = {
        kind.NONE: tf.identity,
        kind.RELU: tf.nn.relu,
        kind.RELU6: tf.nn.relu6,
        kind.RELU_N1_TO_1: lambda given: tf.clip_by_value(given, -1.0, 1.0),
        kind.TANH: tf.tanh,
    }
    return functions[function](values)


def _convolve(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    values, weights, *bias = inputs  # weights (out, height, width, in)
    result = tf.nn.conv2d(
        values,
        tf.transpose(weights, (1, 2, 3, 0)),
        (options.strideH, options.strideW),
        _PADDING[options.padding],
        dilations=(options.dilationHFactor, options.dilationWFactor),
    )
    return result + bias[0] if bias else result


def _convolve_depthwise(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    values, weights, *bias = inputs  # weights (1, height, width, channels * multiplier)
    channels = values.shape[-1]
    _, height, width, outputs = weights.shape
    result = tf.nn.depthwise_conv2d(
        values,
        tf.reshape(weights, (height, width, channels, outputs // channels)),
        (1, options.strideH, options.strideW, 1),
        _PADDING[options.padding],
        dilations=(options.dilationHFactor, options.dilationWFactor),
    )
    return result + bias[0] if bias else result


def _connect(_options: Any, inputs: Sequence[Any], shape: tuple[int, ...]) -> Values:
    import tensorflow as tf

    values, weights, *bias = inputs  # weights (out, in)
    result = tf.matmul(tf.reshape(values, (-1, weights.shape[1])), weights, transpose_b=True)
    return tf.reshape(result + bias[0] if bias else result, (-1, *shape[1:]))


def _pool(kind: str) -> Compute:
    def compute(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
        import tensorflow as tf

        window, strides = (options.filterHeight, options.filterWidth), (options.strideH, options.strideW)
        return tf.nn.pool(inputs[0], window, kind, strides, _PADDING[options.padding])

    return compute


def _mean(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    return tf.reduce_mean(inputs[0], axis=[int(axis) for axis in inputs[1].reshape(-1)], keepdims=options.keepDims)


def _pad(_options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    return tf.pad(inputs[0], inputs[1])


def _reshape(_options: Any, inputs: Sequence[Any], shape: tuple[int, ...]) -> Values:
    import tensorflow as tf

    return tf.reshape(inputs[0], (-1, *shape[1:]))


def _concatenate(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    return tf.concat(list(inputs), axis=options.axis)


def _of_one(name: str) -> Compute:
    def compute(_options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
        import tensorflow as tf

        module: Any = tf
        for part in name.split("."):
            module = getattr(module, part)
        return module(inputs[0])

    return compute


def _of_two(name: str) -> Compute:
    def compute(_options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
        import tensorflow as tf

        return getattr(tf, name)(inputs[0], inputs[1])

    return compute


def _hard_swish(_options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    return inputs[0] * tf.nn.relu6(inputs[0] + 3.0) / 6.0


def _softmax(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    return tf.nn.softmax(options.beta * inputs[0])


def _leaky_relu(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    return tf.nn.leaky_relu(inputs[0], options.alpha)


def _slice(options: Any, inputs: Sequence[Any], _: tuple[int, ...]) -> Values:
    import tensorflow as tf

    values, begin, end, strides = inputs
    return tf.strided_slice(
        values,
        begin,
        end,
        strides,
        begin_mask=options.beginMask | 1,  # the images stay
        end_mask=options.endMask | 1,
        ellipsis_mask=options.ellipsisMask,
        new_axis_mask=options.newAxisMask,
        shrink_axis_mask=options.shrinkAxisMask,
    )


OPERATORS: dict[int, Compute] = {
    _Code.CONV_2D: _convolve,
    _Code.DEPTHWISE_CONV_2D: _convolve_depthwise,
    _Code.FULLY_CONNECTED: _connect,
    _Code.ADD: _of_two("add"),
    _Code.SUB: _of_two("subtract"),
    _Code.MUL: _of_two("multiply"),
    _Code.DIV: _of_two("divide"),
    _Code.MINIMUM: _of_two("minimum"),
    _Code.MAXIMUM: _of_two("maximum"),
    _Code.AVERAGE_POOL_2D: _pool("AVG"),
    _Code.MAX_POOL_2D: _pool("MAX"),
    _Code.MEAN: _mean,
    _Code.PAD: _pad,
    _Code.RESHAPE: _reshape,
    _Code.CONCATENATION: _concatenate,
    _Code.STRIDED_SLICE: _slice,
    _Code.LOGISTIC: _of_one("sigmoid"),
    _Code.TANH: _of_one("tanh"),
    _Code.RELU: _of_one("nn.relu"),
    _Code.RELU6: _of_one("nn.relu6"),
    _Code.LEAKY_RELU: _leaky_relu,
    _Code.HARD_SWISH: _hard_swish,
    _Code.SOFTMAX: _softmax,
    _Code.QUANTIZE: _of_one("identity"),
    _Code.DEQUANTIZE: _of_one("identity"),
}
"""By their codes."""

LAYERS = frozenset({_Code.CONV_2D, _Code.DEPTHWISE_CONV_2D, _Code.FULLY_CONNECTED})
"""The operators with weights."""
