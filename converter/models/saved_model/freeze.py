"""Cuts out of a SavedModel what its answer needs, with the variables' values in it: all that is ever run of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.framework.types_pb2 import DataType
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef, TensorInfo

from converter.errors import SourceError
from converter.models.saved_model.allowed import refuse_what_does_more
from converter.models.saved_model.float32 import compute_in_float32
from converter.models.saved_model.graph import called_functions, functions_of, needed_nodes, node_name
from converter.models.saved_model.operators import RANDOM
from converter.models.saved_model.variables import VARIABLES, read_variables

_FLOAT_AS_WELL = {"Cast": "SrcT", "Identity": "T", "ResizeBilinear": "T"}
"""Operators that compute the same with float32 as with other numbers, and the attribute that says which they take."""
_DROPPED = ("_class", "_output_shapes", "_input_shapes", "config", "config_proto", "executor_type")
"""Attributes: places beside nodes that are cut away, shapes for another batch, and settings of the runtime."""


@dataclass(frozen=True)
class Frozen:
    """A graph without variables, and without functions but the bodies of loops and branches.

    Attributes:
        graph: of it.
        image: the tensor that is fed, the output of a placeholder.
        scores: the tensor that is fetched.
    """

    graph: GraphDef
    image: str
    scores: str

    def import_function(self, shape: Sequence[int | None] | None = None) -> Any:
        """A ``ConcreteFunction`` from images of ``shape`` to scores; None leaves the shape open.

        Raises:
            Exception: TensorFlow raises nearly anything where a graph does not fit together, or not to that shape.
        """
        import tensorflow as tf

        graph = GraphDef()
        graph.CopyFrom(self.graph)
        (placeholder,) = (node for node in graph.node if node.name == node_name(self.image))
        placeholder.attr["shape"].shape.CopyFrom(tf.TensorShape(shape).as_proto())
        wrapped = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
        inside = wrapped.graph
        return wrapped.prune(inside.get_tensor_by_name(self.image), inside.get_tensor_by_name(self.scores))


def freeze(path: Path, meta: MetaGraphDef, image: TensorInfo, scores: str) -> Frozen:
    """The graph from ``image`` to the tensor ``scores``, fed with float32 whatever the signature says.

    Raises:
        SourceError: it does more than compute, or has no value for one of its variables.
        Exception: TensorFlow raises nearly anything where a graph does not fit together.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    graph = _cut_out(meta, image, scores)
    refuse_what_does_more(path, graph)
    names = [node.name for node in graph.node if node.op in VARIABLES]
    if names:
        graph = _with_values(graph, read_variables(path, meta, names), node_name(scores))
    try:
        inlined = convert_variables_to_constants_v2(Frozen(graph, image.name, scores).import_function())
    except Exception as error:
        _refuse_active_augmentation(path, graph, error)
        raise
    frozen = Frozen(inlined.graph.as_graph_def(), inlined.inputs[0].name, inlined.outputs[0].name)
    _feed_float(frozen)
    compute_in_float32(frozen.graph)
    return frozen


def _cut_out(meta: MetaGraphDef, image: TensorInfo, scores: str) -> GraphDef:
    """What ``scores`` needs, no further back than to ``image``."""
    nodes = {node.name: node for node in meta.graph_def.node}
    placeholder = NodeDef(name=node_name(image.name), op="Placeholder")
    placeholder.attr["dtype"].type = image.dtype
    nodes[placeholder.name] = placeholder
    functions = functions_of(meta.graph_def)
    graph = GraphDef(versions=meta.graph_def.versions)
    graph.node.extend(nodes[name] for name in sorted(needed_nodes(nodes, [scores])))
    graph.library.function.extend(functions[name] for name in sorted(called_functions(graph.node, functions)))
    for function in graph.library.function:
        _drop_attributes(function)
        _drop_attributes(*function.arg_attr.values())
        _clean(function.node_def)
    _clean(graph.node)
    return graph


def _refuse_active_augmentation(path: Path, graph: GraphDef, error: Exception) -> None:
    """Names the layers that are still training, where those are why TensorFlow cannot fix a graph's variables.

    Raises:
        SourceError: the graph draws random numbers.
    """
    functions = [function.node_def for function in graph.library.function]
    drawn = sorted({node.op for nodes in (graph.node, *functions) for node in nodes if node.op in RANDOM})
    if drawn:
        raise SourceError(
            f"{path}: its answers are random ({', '.join(drawn[:2])}): layers of augmentation or dropout were exported "
            "as in training, as Keras 3 does with model.export; give the .keras file, or export without these layers"
        ) from error


def _clean(nodes: Iterable[NodeDef]) -> None:
    for node in nodes:
        node.device = ""
        _drop_attributes(node)


def _drop_attributes(*holders: Any) -> None:
    for holder in holders:
        for name in _DROPPED:
            holder.attr.pop(name, None)


class _Values:
    """Stands where TensorFlow's freezing expects a session: it asks for variables' values, and nothing is run."""

    def __init__(self, values: Mapping[str, NDArray[np.generic]]) -> None:
        self._values = values

    def run(self, tensors: Sequence[str]) -> list[NDArray[np.generic]]:
        """The values of variables, which it names by the tensor that a session would read them from."""
        return [self._values[node_name(tensor).removesuffix("/Read/ReadVariableOp")] for tensor in tensors]


def _with_values(graph: GraphDef, values: Mapping[str, NDArray[np.generic]], scores: str) -> GraphDef:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants

    return convert_variables_to_constants(_Values(values), graph, [scores])


def _feed_float(frozen: Frozen) -> None:
    """Makes the placeholder float32; casts that the graph begins with take that as it is."""
    (placeholder,) = (node for node in frozen.graph.node if node.name == node_name(frozen.image))
    dtype = placeholder.attr["dtype"].type
    if dtype == DataType.DT_FLOAT:
        return
    placeholder.attr["dtype"].type = DataType.DT_FLOAT
    cast = NodeDef(name=f"{placeholder.name}/as_fed", op="Cast", input=[placeholder.name])
    cast.attr["SrcT"].type, cast.attr["DstT"].type = DataType.DT_FLOAT, dtype
    floats = [placeholder.name]
    for name in floats:
        for node in frozen.graph.node:
            if name not in map(node_name, node.input):
                continue
            if node.op in _FLOAT_AS_WELL:
                node.attr[_FLOAT_AS_WELL[node.op]].type = DataType.DT_FLOAT
                floats += [node.name] * (node.op == "Identity")
            else:
                node.input[:] = [cast.name if node_name(tensor) == name else tensor for tensor in node.input]
    frozen.graph.node.append(cast)
