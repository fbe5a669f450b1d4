"""Reads graphs, tensors and operators of any .tflite; nothing in it is trusted.

Slot numbers are the order of fields in ``tensorflow/compiler/mlir/lite/schema/schema.fbs`` (identifier TFL3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from converter.tflite.facts import Graph, Operator, Quantization, Tensor
from edge_runtime.errors import ModelFileError
from edge_runtime.model import FlatTable

TENSOR_TYPES = (
    "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64",
    "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16", "int2", "uint4",
    "float8_e4m3fn", "float8_e5m2",
)  # fmt: skip
_CUSTOM = 32
_LEFT_OUT = -1
_MOST_ENTRIES = 500_000
"""Of all graphs. Vectors may share tables, so a small file can announce any number; large networks have thousands."""

T = TypeVar("T")


def read_model(content: bytes, path: Path) -> FlatTable:
    """The model table of a .tflite.

    Raises:
        ModelFileError: it is none.
    """
    return FlatTable.root(content, b"TFL3", str(path))


def read_graphs(model: FlatTable, path: Path) -> tuple[Graph, ...]:
    """All graphs of a model.

    Raises:
        ModelFileError: the file is damaged.
    """
    tables = model.tables(2)
    entries = sum(table.length(0) + table.length(3) for table in tables)
    if entries > _MOST_ENTRIES:
        raise ModelFileError(f"{path}: damaged: its graphs have {entries} tensors and operators")
    buffers = [_buffer_bytes(buffer) for buffer in model.tables(4)]
    codes = [_operator_code(code) for code in model.tables(1)]
    graphs = tuple(_graph(table, buffers, codes, path) for table in tables)
    if not graphs:
        raise ModelFileError(f"{path}: damaged: it has no graph")
    return graphs


def _buffer_bytes(buffer: FlatTable) -> int:
    outside = buffer.number(2, "Q")  # large models keep their buffers behind the flatbuffer
    return outside or buffer.length(0)


def _operator_code(code: FlatTable) -> tuple[str, int]:
    number = max(code.number(0, "b"), code.number(3, "i"))
    name = f"CUSTOM:{code.text(1)}" if number == _CUSTOM else operator_names().get(number, f"OPERATOR_{number}")
    return name, code.number(2, "i", 1)


def operator_names() -> dict[int, str]:
    """The names of builtin operators by their codes, from the schema that ai-edge-litert brings."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator  # here: it takes a third of a second

    return {code: name for name, code in vars(BuiltinOperator).items() if isinstance(code, int)}


def _graph(table: FlatTable, buffers: list[int], codes: list[tuple[str, int]], path: Path) -> Graph:
    tensors = tuple(_tensor(index, tensor, buffers, path) for index, tensor in enumerate(table.tables(0)))
    operators: list[Operator] = []
    used: set[int] = set()
    for index, operator in enumerate(table.tables(3)):
        name, version = _entry(codes, operator.number(0, "I"), "operator code", path)
        inputs, outputs = (_indices(operator, slot, tensors, path) for slot in (1, 2))
        layer = tensors[outputs[0]].short_name if outputs and outputs[0] >= 0 else ""
        fresh = {tensors[i].buffer: tensors[i].constant_bytes for i in inputs if i >= 0}
        size = sum(count for buffer, count in fresh.items() if buffer not in used)
        used |= fresh.keys()
        operators.append(Operator(index, name, version, layer, inputs, outputs, size))
    inputs, outputs = (_indices(table, slot, tensors, path) for slot in (1, 2))
    return Graph(table.text(4), inputs, outputs, tensors, tuple(operators))


def _indices(table: FlatTable, slot: int, tensors: tuple[Tensor, ...], path: Path) -> tuple[int, ...]:
    indices = tuple(int(index) for index in table.numbers(slot, "i"))
    for index in indices:
        if index != _LEFT_OUT:
            _entry(tensors, index, "tensor", path)
    return indices


def _tensor(index: int, table: FlatTable, buffers: list[int], path: Path) -> Tensor:
    code = table.number(1, "b")
    buffer = table.number(2, "I")
    shape = table.numbers(7, "i") or table.numbers(0, "i")
    return Tensor(
        index=index,
        name=table.text(3),
        shape=tuple(int(side) for side in shape),
        dtype=TENSOR_TYPES[code] if 0 <= code < len(TENSOR_TYPES) else f"type {code}",
        quantization=_quantization(table.table(4), path),
        constant_bytes=_entry(buffers, buffer, "buffer", path),
        buffer=buffer,
    )


def _quantization(table: FlatTable | None, path: Path) -> Quantization | None:
    scales = table.numbers(2, "f") if table else ()
    if table is None or not scales:
        return None
    if not all(map(math.isfinite, scales)):
        raise ModelFileError(f"{path}: damaged: a scale is no finite number")
    zero_points = tuple(int(point) for point in table.numbers(3, "q"))
    return Quantization(scales, zero_points, table.number(6, "i"))


def _entry(entries: Sequence[T], index: int, what: str, path: Path) -> T:
    if not 0 <= index < len(entries):
        raise ModelFileError(f"{path}: damaged: it has no {what} {index}")
    return entries[index]
