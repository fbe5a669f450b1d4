"""A graph that computes in float16, as mixed precision saves it, becomes one that computes in float32."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorflow.core.framework.attr_value_pb2 import AttrValue
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.types_pb2 import DataType

_OTHER_FLOATS = (DataType.DT_HALF, DataType.DT_BFLOAT16, DataType.DT_DOUBLE)


def compute_in_float32(graph: GraphDef) -> None:
    """Changes ``graph`` in place, its functions too: every floating type, and the constants of such a type."""
    for node in graph.node:
        _change_attributes(node.attr.values())
    for function in graph.library.function:
        for argument in (*function.signature.input_arg, *function.signature.output_arg):
            argument.type = _float32_for(argument.type)
        _change_attributes(function.attr.values())
        for node in function.node_def:
            _change_attributes(node.attr.values())


def _change_attributes(attributes: Iterable[AttrValue]) -> None:
    import tensorflow as tf

    for attribute in attributes:
        kind = attribute.WhichOneof("value")
        if kind == "type":
            attribute.type = _float32_for(attribute.type)
        elif kind == "list":
            attribute.list.type[:] = [_float32_for(dtype) for dtype in attribute.list.type]
        elif kind == "tensor" and attribute.tensor.dtype in _OTHER_FLOATS:
            values = tf.make_ndarray(attribute.tensor).astype("float32")
            attribute.tensor.CopyFrom(tf.make_tensor_proto(values))


def _float32_for(dtype: Any) -> Any:
    return DataType.DT_FLOAT if dtype in _OTHER_FLOATS else dtype
