"""New ADD, SUB, MUL and MEAN operators on 8-bit tensors."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import add_numbers, new_operator

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


def version_for(tensor: schema.TensorT) -> int:
    """Of these operators: int8 came with the second version."""
    return 2 if tensor.type == schema.TensorType.INT8 else 1
