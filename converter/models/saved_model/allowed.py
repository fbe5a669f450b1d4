"""Refuses a SavedModel that could do more than compute, before anything of it is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saver_pb2 import SaverDef
from tensorflow.python.framework import op_def_registry

from converter.errors import SourceError
from converter.models.saved_model.graph import Functions, called_functions, functions_of, needed_nodes
from converter.models.saved_model.names import printable
from converter.models.saved_model.operators import COMPUTES, SAVES, refusal


def refuse_what_does_more(path: Path, graph: GraphDef, saver: SaverDef | None = None) -> None:
    """Looks at every node of the graph and of every function, whether something runs it or not.

    The saver reads and writes files by trade. It may, as long as nothing but itself calls it: it is never run here.

    Args:
        path: of the SavedModel, for errors.
        graph: with its functions.
        saver: names the nodes that save and restore; None where nothing may.

    Raises:
        SourceError: an operator is not on the list; the message names it.
    """
    functions = functions_of(graph)
    for name in functions:
        if op_def_registry.get(name) is not None:
            raise SourceError(f"{path}: refused: its function {name} has the name of an operator of TensorFlow")
    nodes = {node.name: node for node in graph.node}
    named = (saver.save_tensor_name, saver.restore_op_name, saver.filename_tensor_name) if saver else ()
    own = needed_nodes(nodes, named)
    others = [node for node in graph.node if node.name not in own]
    saves = _called_by_the_saver_alone([nodes[name] for name in own], others, functions)
    _check(path, (nodes[name] for name in own), functions, SAVES)
    _check(path, others, functions, COMPUTES)
    for name, function in functions.items():  # what nothing may hold is named first, in whatever order functions stand
        _check(path, function.node_def, functions, SAVES, name)
    for name in sorted(functions.keys() - saves):
        _check(path, functions[name].node_def, functions, COMPUTES, name)


def _called_by_the_saver_alone(saver: list[NodeDef], others: list[NodeDef], functions: Functions) -> set[str]:
    saves = called_functions(saver, functions) - called_functions(others, functions)
    rest = (node for name in functions.keys() - saves for node in functions[name].node_def)
    return saves - called_functions(rest, functions)


def _check(
    path: Path, nodes: Iterable[NodeDef], functions: Functions, allowed: frozenset[str], function: str = ""
) -> None:
    for node in nodes:
        why = "" if node.op in functions else refusal(node, allowed)
        if why:
            where = f" in function {printable(function)}" if function else ""
            raise SourceError(
                f"{path}: refused, and nothing of it was run: its operator {printable(node.op)} "
                f"({printable(node.name)}{where}) {why}; export the model without it"
            )
