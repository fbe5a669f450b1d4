"""What a target asks of a file, checked on its graphs. Pure: graphs in, one line for each thing that is not met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from converter.errors import TargetError
from converter.targets.operators import known_operators
from converter.targets.table import GPU, LITERT, MICRO, TFLITE_RUNTIME, Target
from converter.tflite import Graph, Operator, read_graphs, read_model

_SHOWN = 3
_FLOATS = ("float16", "float32", "float64", "bfloat16")
_GPU_NUMBERS = (*_FLOATS, "int32", "bool")


def check_requirements(content: bytes, target: Target, where: str) -> None:
    """Refuses a .tflite that the target cannot run.

    Args:
        content: the file.
        target: where it is to run.
        where: what the file is called in errors.

    Raises:
        TargetError: it does not meet the target; the message says which operator of which layer.
    """
    problems = list(unmet(read_graphs(read_model(content, Path(where)), Path(where)), target))
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise TargetError(f"{where}: target {target.name} cannot be met: {'; '.join(problems[:_SHOWN])}{more}")


def unmet(graphs: Sequence[Graph], target: Target) -> Iterator[str]:
    """What of the target's requirements the graphs do not meet, one line each."""
    for graph in graphs:
        for operator in graph.operators:
            for problem in _CHECKS[target.name](graph, operator):
                yield f"{operator.name} of layer {operator.layer!r} {problem}"
    if target.edges is not None:
        yield from _check_edges(graphs[0], target.edges)
    if target is MICRO and len(graphs) > 1:
        yield f"it has {len(graphs)} graphs instead of one"


def _check_edges(graph: Graph, wanted: str) -> Iterator[str]:
    for role, indices in (("input", graph.inputs), ("output", graph.outputs)):
        for tensor in (graph.tensors[index] for index in indices):
            if tensor.dtype != wanted:
                yield f"{role} {tensor.short_name!r} is {tensor.dtype} instead of {wanted}"


def _check_nothing(_graph: Graph, _operator: Operator) -> Iterator[str]:
    yield from ()


def _check_versions(_graph: Graph, operator: Operator) -> Iterator[str]:
    highest = known_operators("tflite-runtime").get(operator.name, 0)
    if not highest:
        yield "is not in tflite-runtime 2.14"
    elif operator.version > highest:
        yield f"has version {operator.version}, and tflite-runtime 2.14 has up to {highest}"


def _check_gpu(graph: Graph, operator: Operator) -> Iterator[str]:
    tensors = graph.tensors_of(operator)
    if any(-1 in tensor.shape for tensor in tensors):
        yield "has no fixed shape"
    numbers = sorted({tensor.dtype for tensor in tensors} - set(_GPU_NUMBERS))
    if numbers:
        yield f"computes with {', '.join(numbers)}; convert with --quantize float16"


def _check_micro(graph: Graph, operator: Operator) -> Iterator[str]:
    if operator.name not in known_operators("tflite-micro"):
        yield "is not in TensorFlow Lite Micro"
    floats = sorted({tensor.dtype for tensor in graph.tensors_of(operator) if tensor.dtype in _FLOATS})
    if floats:
        yield f"has {' and '.join(floats)} numbers left"


_CHECKS: dict[str, Callable[[Graph, Operator], Iterator[str]]] = {
    LITERT.name: _check_nothing,
    TFLITE_RUNTIME.name: _check_versions,
    GPU.name: _check_gpu,
    MICRO.name: _check_micro,
}
