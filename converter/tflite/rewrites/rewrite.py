"""Goes through the operators of a file, and replaces those that XNNPACK does not take and a rule knows."""

from __future__ import annotations

from dataclasses import dataclass

from ai_edge_litert import schema_py_generated as schema

from converter.tflite.edit import builtin_code, drop_unused_codes
from converter.tflite.graph import operator_names
from converter.tflite.packing import unpack_model, write_model
from converter.tflite.rewrites.change import Change, Stays
from converter.tflite.rewrites.elementwise import replace_elementwise
from converter.tflite.rewrites.fusing import fuse_activation
from converter.tflite.rewrites.joining import split_concatenation
from converter.tflite.rewrites.pooling import replace_pooling

_RULES = (replace_elementwise, replace_pooling, split_concatenation)


@dataclass(frozen=True)
class Rewritten:
    """A file whose operators XNNPACK takes, as far as the rules go.

    Attributes:
        content: the file; the very bytes that came in where nothing was replaced.
        changes: what became of each operator that a rule knows.
    """

    content: bytes
    changes: tuple[Change, ...]

    @property
    def replaced(self) -> tuple[Change, ...]:
        """The changes that were made."""
        return tuple(change for change in self.changes if not change.reason)


def rewrite_operators(content: bytes) -> Rewritten:
    """Replaces the 8-bit operators of the first graph that XNNPACK leaves to the built-in kernels.

    All other tensors keep their numbers and scales, so the answers differ by rounding alone.

    Args:
        content: a .tflite, without what is appended to it.
    """
    model = unpack_model(content)
    changes = tuple(_rewrite(model, model.subgraphs[0]))
    if all(change.reason for change in changes):
        return Rewritten(content, changes)
    drop_unused_codes(model)
    return Rewritten(write_model(model), changes)


def find_changes(content: bytes) -> tuple[Change, ...]:
    """What :func:`rewrite_operators` would do; nothing where no objects can be made of a file that is damaged."""
    try:
        return rewrite_operators(content).changes
    except Exception:  # noqa: BLE001 - on damage, the generated readers raise nearly anything
        return ()


def _rewrite(model: schema.ModelT, graph: schema.SubGraphT) -> list[Change]:
    names, changes = operator_names(), list[Change]()
    operators, graph.operators = list(graph.operators), list(graph.operators)
    for index, operator in enumerate(operators):
        name = names.get(builtin_code(model, operator), "")
        layer = _layer(graph, operator)
        try:
            became = _replacement(model, graph, operator)
        except Stays as stays:
            changes.append(Change(index, name, layer, reason=str(stays)))
            continue
        if became is not None:
            place = next(at for at, each in enumerate(graph.operators) if each is operator)
            graph.operators[place : place + 1] = became
            changes.append(Change(index, name, layer, tuple(names[builtin_code(model, each)] for each in became)))
    return changes


def _replacement(
    model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT
) -> list[schema.OperatorT] | None:
    """What stands for the operator: nothing where the one before does its work; None where no rule knows it.

    Raises:
        Stays: a rule knows it, but cannot replace it.
    """
    if fuse_activation(model, graph, operator):
        return []
    for rule in _RULES:
        if (became := rule(model, graph, operator)) is not None:
            return became
    return None


def _layer(graph: schema.SubGraphT, operator: schema.OperatorT) -> str:
    """The name of its first output."""
    outputs = [int(index) for index in operator.outputs if index >= 0]
    return (graph.tensors[outputs[0]].name or b"").partition(b";")[0].decode("utf-8", "replace") if outputs else ""
