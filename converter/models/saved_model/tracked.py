"""Finds the values of variables of TF2 by the objects that they belong to, where the saver does not name their nodes.

So it is where a model of Keras 3 was saved with ``tf.saved_model.save``: there the saver restores copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tensorflow.core.protobuf.saved_object_graph_pb2 import SavedObjectGraph

from converter.models.saved_model.graph import node_name

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass(frozen=True)
class SavedValue:
    """Where the value of a variable lies in a checkpoint.

    Attributes:
        key: there.
        part: of the value there, in TensorFlow's notation, for a variable in parts; else empty.
        dtype: of it, a number of ``DataType``.
    """

    key: str
    part: str
    dtype: int


def tracked_values(meta: MetaGraphDef, keys: Sequence[str]) -> dict[str, SavedValue]:
    """Where the values lie, by the name of the variable's node.

    A function's captured inputs are listed twice: as objects where it is defined, as nodes where the graph calls it.
    """
    objects = meta.object_graph_def
    values = dict(_values_of_objects(objects, keys))
    found = {}
    for node in meta.graph_def.node:
        function = node.attr["f"].func.name if "f" in node.attr else ""
        if function in objects.concrete_functions:
            captured = objects.concrete_functions[function].bound_inputs
            for tensor, number in zip(reversed(node.input), reversed(captured), strict=False):
                if number in values:
                    found[node_name(tensor)] = values[number]
    return found


def _values_of_objects(objects: SavedObjectGraph, keys: Sequence[str]) -> Iterator[tuple[int, SavedValue]]:
    """The number of each variable, and its value: a key is the way to it from the root, from child to child."""
    for key in keys:
        if not key.endswith(_VALUE):
            continue
        number: int | None = 0
        for name in key.removesuffix(_VALUE).split("/"):
            number = _child(objects, number, name.replace(".S", "/").replace("..", "."))
        if number is not None and objects.nodes[number].HasField("variable"):
            yield number, SavedValue(key, "", objects.nodes[number].variable.dtype)


def _child(objects: SavedObjectGraph, number: int | None, name: str) -> int | None:
    if number is None or not 0 <= number < len(objects.nodes):
        return None
    return next((child.node_id for child in objects.nodes[number].children if child.local_name == name), None)
