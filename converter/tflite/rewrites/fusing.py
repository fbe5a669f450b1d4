"""A RELU that stands alone goes into the operator before, where that changes no number."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import builtin_code
from converter.tflite.rewrites.arithmetic import NONE
from converter.tflite.rewrites.scales import scale_of

_ACTIVATIONS = {
    schema.BuiltinOperator.RELU: schema.ActivationFunctionType.RELU,
    schema.BuiltinOperator.RELU6: schema.ActivationFunctionType.RELU6,
}
_CAN_FUSE = {
    schema.BuiltinOperator.ADD: schema.AddOptionsT,
    schema.BuiltinOperator.CONV_2D: schema.Conv2DOptionsT,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D: schema.DepthwiseConv2DOptionsT,
    schema.BuiltinOperator.FULLY_CONNECTED: schema.FullyConnectedOptionsT,
    schema.BuiltinOperator.MUL: schema.MulOptionsT,
    schema.BuiltinOperator.SUB: schema.SubOptionsT,
}
"""The operators that can, and what their options are."""


def fuse_activation(model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT) -> bool:
    """Lets the operator before do the work of a RELU of 8-bit numbers, whose scale stays; whether that was possible."""
    activation = _ACTIVATIONS.get(builtin_code(model, operator))
    if activation is None:
        return False
    between, result = int(operator.inputs[0]), int(operator.outputs[0])
    scale = scale_of(graph.tensors[between])
    before = _only_maker(graph, between)
    if scale is None or scale != scale_of(graph.tensors[result]) or before is None:
        return False
    kind, options = _CAN_FUSE.get(builtin_code(model, before)), before.builtinOptions
    if kind is None or not isinstance(options, kind) or options.fusedActivationFunction != NONE:
        return False
    options.fusedActivationFunction = activation
    before.outputs = [result]
    return True


def _only_maker(graph: schema.SubGraphT, index: int) -> schema.OperatorT | None:
    """The operator that makes a tensor which one other operator alone reads."""
    readers = sum(list(map(int, operator.inputs)).count(index) for operator in graph.operators)
    makers = [operator for operator in graph.operators if list(map(int, operator.outputs)) == [index]]
    return makers[0] if len(makers) == 1 and readers == 1 and index not in map(int, graph.outputs) else None
