"""Walks through the nodes of a GraphDef and the functions that they call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tensorflow.core.framework.function_pb2 import FunctionDef
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef

Functions = Mapping[str, FunctionDef]


def functions_of(graph: GraphDef) -> dict[str, FunctionDef]:
    """The functions of its library, by name."""
    return {function.signature.name: function for function in graph.library.function}


def node_name(tensor: str) -> str:
    """The node of a tensor or of a control input: "scale" of "scale:0" and of "^scale"."""
    return tensor.removeprefix("^").partition(":")[0]


def needed_nodes(nodes: Mapping[str, NodeDef], tensors: Iterable[str]) -> set[str]:
    """The names of the nodes that compute ``tensors``, their own included."""
    found: set[str] = set()
    waiting = [node_name(tensor) for tensor in tensors if tensor]
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in found:
            found.add(name)
            waiting += map(node_name, nodes[name].input)
    return found


def called_functions(nodes: Iterable[NodeDef], functions: Functions) -> set[str]:
    """The names of all functions that ``nodes`` call, at any depth."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        for name in _calls(waiting.pop()):
            if name in functions and name not in found:
                found.add(name)
                waiting += functions[name].node_def
    return found


def _calls(node: NodeDef) -> Iterator[str]:
    yield node.op  # an operator may be a function's name
    for value in node.attr.values():
        yield value.func.name
        yield from (function.name for function in value.list.func)
