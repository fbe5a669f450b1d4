"""Reads the values of a SavedModel's variables without running its saver: what the saver would do is read off it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

from converter.errors import SourceError, first_line
from converter.models.saved_model.graph import functions_of, needed_nodes, node_name
from converter.models.saved_model.names import listed
from converter.models.saved_model.tracked import SavedValue, tracked_values

VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable"})
_ASSIGN = frozenset({"Assign", "AssignVariableOp"})
_PASS_ON = frozenset({"Identity", "IdentityN"})


def read_variables(path: Path, meta: MetaGraphDef, names: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """The values of the variables whose nodes have these names.

    Raises:
        SourceError: the checkpoint is missing or damaged, or has no value for one of them.
    """
    import tensorflow as tf

    prefix = path / "variables" / "variables"
    wanted = sorted(names)
    try:
        saved = _saved_values(meta)
        if not saved.keys() >= set(wanted):
            saved = tracked_values(meta, [key for key, _ in tf.train.list_variables(str(prefix))]) | saved
        lacking = [name for name in wanted if name not in saved]
        if lacking:
            raise SourceError(f"{path}: it holds no value for its variables {listed(lacking)}; export it again")
        return {
            name: tf.raw_ops.RestoreV2(
                prefix=str(prefix), tensor_names=[saved[name].key], shape_and_slices=[saved[name].part],
                dtypes=[tf.as_dtype(saved[name].dtype)],
            )[0].numpy()
            for name in wanted
        }  # fmt: skip
    except (tf.errors.OpError, ValueError, TypeError) as error:
        raise SourceError(f"{prefix}: damaged or incomplete: {first_line(error)[:150]}; copy it again") from error


def _saved_values(meta: MetaGraphDef) -> dict[str, SavedValue]:
    """By the name of the variable's node: what the saver assigns to it.

    TF1 assigns in the graph; TF2 in a function that gets the variables' handles as arguments.
    """
    nodes = {node.name: node for node in meta.graph_def.node}
    functions = functions_of(meta.graph_def)
    found: dict[str, SavedValue] = {}
    for name in needed_nodes(nodes, [meta.saver_def.restore_op_name]):
        node = nodes[name]
        found.update(_assigned(node, nodes))
        function = functions.get(node.attr["f"].func.name) if "f" in node.attr else None
        if function is None:
            continue
        handles = {
            argument.name: node_name(tensor)
            for argument, tensor in zip(function.signature.input_arg, node.input, strict=False)
        }
        body = {inner.name: inner for inner in function.node_def}
        for inner in function.node_def:
            found.update((handles[name], saved) for name, saved in _assigned(inner, body) if name in handles)
    return found


def _assigned(node: NodeDef, nodes: Mapping[str, NodeDef]) -> Iterator[tuple[str, SavedValue]]:
    """What ``node`` assigns to what, if it assigns something that was restored."""
    if node.op not in _ASSIGN or len(node.input) < 2:
        return
    source, index = _producer(node.input[1], nodes)
    if source is None or source.op != "RestoreV2" or len(source.input) < 3:
        return
    keys, parts = (_texts(nodes.get(node_name(source.input[number]))) for number in (1, 2))
    dtypes = source.attr["dtypes"].list.type
    if index < min(len(keys), len(parts), len(dtypes)):
        yield node_name(node.input[0]), SavedValue(keys[index], parts[index], dtypes[index])


def _producer(tensor: str, nodes: Mapping[str, NodeDef]) -> tuple[NodeDef | None, int]:
    """The node that makes ``tensor``, and which of its outputs it is; what only passes it on is passed over."""
    for _ in range(len(nodes) + 1):
        node = nodes.get(node_name(tensor))
        index = tensor.rpartition(":")[2]
        if node is None or node.op not in _PASS_ON or not node.input:
            return node, int(index) if index.isdigit() else 0
        tensor = node.input[int(index) if node.op == "IdentityN" and index.isdigit() else 0]
    return None, 0


def _texts(node: NodeDef | None) -> list[str]:
    import tensorflow as tf

    if node is None or node.op != "Const":
        return []
    return [text.decode("utf-8", "replace") for text in tf.make_ndarray(node.attr["value"].tensor).reshape(-1)]
