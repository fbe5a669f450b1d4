"""Multiplications and memory of graphs, against figures worked out by hand and measured by TensorFlow Lite Micro."""

from dataclasses import replace
from pathlib import Path

import pytest

from converter.tflite import Graph, Operator, Tensor, graph_costs, read_graphs, read_model
from edge_runtime.model import find_model


def tensor(index: int, shape: tuple[int, ...], dtype: str = "int8", constant_bytes: int = 0) -> Tensor:
    return Tensor(index, f"t{index}", shape, dtype, None, constant_bytes, index)


def graph_of(shapes: dict[int, Tensor], *operators: tuple[str, tuple[int, ...], tuple[int, ...]]) -> Graph:
    made = tuple(Operator(n, name, 1, f"layer{n}", reads, makes, 7) for n, (name, reads, makes) in enumerate(operators))
    return Graph("", (0,), operators[-1][2], tuple(shapes[index] for index in sorted(shapes)), made)


def test_the_sample_takes_what_its_interpreter_measured() -> None:
    path = Path(find_model("sample"))
    costs = graph_costs(read_graphs(read_model(path.read_bytes(), path), path)[0])
    assert costs.macs == 28 * 28 * 16 * 9 + 14 * 14 * 32 * 9 * 16 + 1568 * 64 + 64 * 10
    assert costs.peak_activation_bytes == 15_680  # "Arena allocation head" of tflite-micro
    assert [row.macs > 0 for row in costs.operators].count(True) == 4
    assert sum(row.constant_bytes for row in costs.operators) == 106_240


@pytest.mark.parametrize(
    ("name", "inputs", "output", "macs"),
    [
        ("CONV_2D", [(1, 9, 9, 4), (8, 3, 5, 4), (8,)], (1, 7, 5, 8), 7 * 5 * 8 * 3 * 5 * 4),
        ("CONV_2D", [(1, 9, 9, 4), (8, 3, 5, 2)], (1, 7, 5, 8), 7 * 5 * 8 * 3 * 5 * 2),  # two groups
        ("DEPTHWISE_CONV_2D", [(1, 9, 9, 4), (1, 3, 5, 8)], (1, 7, 5, 8), 7 * 5 * 8 * 3 * 5),
        ("FULLY_CONNECTED", [(1, 30), (10, 30), (10,)], (1, 10), 300),
        ("TRANSPOSE_CONV", [(4,), (6, 2, 3, 5), (1, 4, 4, 5)], (1, 8, 8, 6), 4 * 4 * 6 * 2 * 3 * 5),
        ("CONV_3D", [(1, 5, 5, 5, 2), (3, 3, 3, 2, 4)], (1, 3, 3, 3, 4), 27 * 4 * 27 * 2),
        ("BATCH_MATMUL", [(2, 3, 5), (2, 5, 7)], (2, 3, 7), 2 * 3 * 5 * 7),
        ("BATCH_MATMUL", [(2, 5, 3), (2, 5, 7)], (2, 3, 7), 2 * 3 * 5 * 7),  # the first one transposed
        ("ADD", [(1, 8), (1, 8)], (1, 8), 0),
        ("CONV_2D", [(-1, 9, 9, 4), (8, 3, 3, 4)], (-1, 7, 7, 8), 7 * 7 * 8 * 36),  # an open batch is one image
        ("CONV_2D", [(1, 9, 9, 4)], (1, 7, 7, 8), 0),  # damaged
    ],
)
def test_multiplications_follow_from_shapes(
    name: str, inputs: list[tuple[int, ...]], output: tuple[int, ...], macs: int
) -> None:
    tensors = {index: tensor(index, shape, constant_bytes=index) for index, shape in enumerate([*inputs, output])}
    graph = graph_of(tensors, (name, tuple(range(len(inputs))), (len(inputs),)))
    (row,) = graph_costs(graph).operators
    assert (row.operator, row.layer, row.constant_bytes, row.macs) == (name, "layer0", 7, macs)


def test_an_input_that_is_left_out_does_not_disturb() -> None:
    tensors = {0: tensor(0, (1, 30)), 1: tensor(1, (10, 30), constant_bytes=300), 2: tensor(2, (1, 10))}
    assert graph_costs(graph_of(tensors, ("FULLY_CONNECTED", (0, 1, -1), (2,)))).macs == 300


def test_memory_is_of_what_is_alive_at_once() -> None:
    sizes = {0: 100, 1: 10, 2: 1000, 3: 10, 4: 10, 5: 1}
    tensors = {index: tensor(index, (1, size)) for index, size in sizes.items()}
    tensors[6] = tensor(6, (50_000,), constant_bytes=50_000)
    graph = graph_of(
        tensors,
        ("RELU", (0, 6), (1,)),  # 0, 1
        ("RELU", (1,), (2,)),  # 1, 2
        ("RELU", (2,), (3,)),  # 1, 2, 3: 1 is read again below
        ("ADD", (1, 3), (4,)),  # 1, 3, 4
        ("RELU", (4,), (5,)),  # 4, 5
    )
    costs = graph_costs(graph)
    assert [row.activation_bytes for row in costs.operators] == [110, 1010, 1020, 30, 11]
    assert costs.peak_activation_bytes == 1020


def test_outputs_stay_to_the_end_and_what_nobody_reads_goes_at_once() -> None:
    tensors = {index: tensor(index, (1, 10**index)) for index in range(5)}
    graph = graph_of(tensors, ("SPLIT", (0,), (1, 2)), ("RELU", (0,), (3,)), ("RELU", (3,), (4,)))
    assert [row.activation_bytes for row in graph_costs(graph).operators] == [111, 1001, 11_000]
    graph = replace(graph, outputs=(1, 4))
    assert [row.activation_bytes for row in graph_costs(graph).operators] == [111, 1011, 11_010]


@pytest.mark.parametrize(
    ("dtype", "size"),
    [("int8", 3), ("float32", 12), ("float16", 6), ("int64", 24), ("int4", 2), ("bool", 3), ("bfloat16", 6),
     ("complex64", 24), ("float8_e4m3fn", 3), ("string", 12), ("resource", 12),
     ("variant", 12), ("complex128", 48), ("type 99", 3)],
)  # fmt: skip
def test_each_type_has_its_size(dtype: str, size: int) -> None:
    tensors = {0: tensor(0, (3,), dtype), 1: tensor(1, (1,), "int8")}
    (row,) = graph_costs(graph_of(tensors, ("CAST", (0,), (1,)))).operators
    assert row.activation_bytes == size + 1


def test_a_damaged_file_has_figures_that_can_be_printed() -> None:
    tensors = {index: tensor(index, (2**31 - 1,) * 200, constant_bytes=index) for index in range(3)}
    costs = graph_costs(graph_of(tensors, ("CONV_2D", (0, 1), (2,))))
    assert len(str(costs)) < 1000


def test_a_graph_without_operators_costs_nothing() -> None:
    assert graph_costs(Graph("", (), (), (), ())).peak_activation_bytes == 0
