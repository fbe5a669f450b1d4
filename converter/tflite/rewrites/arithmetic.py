"""New operators on 8-bit tensors: ADD, SUB, MUL, MEAN, and convolutions that average."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import add_numbers, new_operator
from converter.tflite.rewrites.scales import Scale, add_constant, scale_of

NONE = schema.ActivationFunctionType.NONE
_OPTIONS = {
    schema.BuiltinOperator.ADD: ("AddOptions", schema.AddOptionsT),
    schema.BuiltinOperator.SUB: ("SubOptions", schema.SubOptionsT),
    schema.BuiltinOperator.MUL: ("MulOptions", schema.MulOptionsT),
}


def new_binary(
    model: schema.ModelT, graph: schema.SubGraphT, code: int, inputs: tuple[int, int], result: int, fused: int = NONE
) -> schema.OperatorT:
    """A new ADD, SUB or MUL, not yet in a graph."""
    operator = new_operator(model, code, version_for(graph.tensors[result]), inputs, (result,))
    name, options = _OPTIONS[code]
    operator.builtinOptionsType, operator.builtinOptions = getattr(schema.BuiltinOptions, name), options()
    operator.builtinOptions.fusedActivationFunction = fused
    return operator


def new_mean(model: schema.ModelT, graph: schema.SubGraphT, image: int, result: int) -> schema.OperatorT:
    """A new MEAN over height and width, not yet in a graph."""
    inputs = (image, add_numbers(model, "mean/axes", (1, 2)))
    operator = new_operator(model, schema.BuiltinOperator.MEAN, version_for(graph.tensors[result]), inputs, (result,))
    operator.builtinOptionsType, operator.builtinOptions = (
        schema.BuiltinOptions.ReducerOptions,
        schema.ReducerOptionsT(),
    )
    operator.builtinOptions.keepDims = True
    return operator


def new_equal_weights(
    model: schema.ModelT, graph: schema.SubGraphT, image: int, result: int, pooling: schema.Pool2DOptionsT
) -> schema.OperatorT:
    """A new DEPTHWISE_CONV_2D that averages the windows of a pooling without padding, not yet in a graph."""
    source = graph.tensors[image]
    scale = scale_of(source)
    assert scale is not None
    sides, channels = (pooling.filterHeight, pooling.filterWidth), int(source.shape[-1])
    share = Scale(scale.dtype, 1 / (sides[0] * sides[1]), 0)
    weights = add_constant(model, graph, "average/weights", np.ones((1, *sides, channels), scale.dtype), share)
    none = Scale(np.dtype(np.int32), scale.scale * share.scale, 0)
    bias = add_constant(model, graph, "average/bias", np.zeros(channels, np.int32), none)
    version = 3 if source.type == schema.TensorType.INT8 else 1
    code = schema.BuiltinOperator.DEPTHWISE_CONV_2D
    operator = new_operator(model, code, version, (image, weights, bias), (result,))
    operator.builtinOptionsType = schema.BuiltinOptions.DepthwiseConv2DOptions
    options = operator.builtinOptions = schema.DepthwiseConv2DOptionsT()
    options.padding, options.depthMultiplier = schema.Padding.VALID, 1
    options.strideH, options.strideW = pooling.strideH, pooling.strideW
    options.fusedActivationFunction = pooling.fusedActivationFunction
    return operator


def version_for(tensor: schema.TensorT) -> int:
    """Of these operators: int8 came with the second version."""
    return 2 if tensor.type == schema.TensorType.INT8 else 1
