"""Reads the tables of tensors in a .tflite: what a tensor holds, which sides are open, which outputs there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.errors import ModelFileError
from edge_runtime.model.flatbuffer import FlatTable
from edge_runtime.model.image_input import Sides
from edge_runtime.model.scores_output import ModelOutput

_TENSOR_TYPES = {0: "float32", 3: "uint8", 9: "int8"}


def read_sides(table: FlatTable, shape: tuple[int, ...]) -> Sides:
    """The shape of a tensor, None where its signature leaves a dimension open."""
    signature = table.numbers(7, "i")
    if len(signature) != len(shape):
        return shape
    return tuple(None if said < 0 else side for side, said in zip(shape, signature, strict=True))


def read_outputs(
    model: FlatTable, tensors: Sequence[FlatTable], numbers: Sequence[float], path: Path
) -> list[ModelOutput]:
    """The outputs of the first graph, by the names that its signature and the graph give them."""
    signed = {entry.number(1, "I"): entry.text(0) for signature in model.tables(7)[:1] for entry in signature.tables(1)}
    outputs = []
    for position, number in enumerate(map(int, numbers)):
        table = tensors[number]
        names = tuple(filter(None, (signed.get(number), table.text(3)))) or ("without a name",)
        found: TensorSpec | ModelFileError
        try:
            found = read_tensor(table, "output", path)
        except ModelFileError as error:
            found = error
        shape = tuple(int(side) for side in table.numbers(0, "i"))
        outputs.append(ModelOutput(position, number, names, shape, found))
    return outputs


def read_tensor(table: FlatTable, role: str, path: Path) -> TensorSpec:
    """What a tensor holds.

    Args:
        table: of the tensor.
        role: "input" or "output", for errors.
        path: of the model.

    Raises:
        ModelFileError: its type is none of ours, or its quantisation none of the whole tensor.
    """
    code = table.number(1, "b")
    if code not in _TENSOR_TYPES:
        raise ModelFileError(f"{path}: {role} tensor of type {code}; only float32, uint8 and int8 are supported")
    quantization = table.table(4)
    scales = quantization.numbers(2, "f") if quantization else ()
    zero_points = quantization.numbers(3, "q") if quantization else ()
    dtype = _TENSOR_TYPES[code]
    if dtype == "uint8" and role == "input" and not scales:
        scales, zero_points = (1.0,), (0,)  # the graph casts the bytes itself
    if dtype != "float32" and (len(scales), len(zero_points)) != (1, 1):
        raise ModelFileError(f"{path}: {role} tensor of type {dtype} without one scale and zero point")
    quantized = {"scale": scales[0], "zero_point": int(zero_points[0])} if dtype != "float32" else {}
    try:
        return TensorSpec(tuple(int(side) for side in table.numbers(0, "i")), dtype, **quantized)  # type: ignore[arg-type]
    except ContractError as error:
        raise ModelFileError(f"{path}: {role} tensor: {error}") from error
