"""What the delegate leaves outside, and the advice for each."""

import pytest

from converter.inspect.outside import REWRITE, Outside, find_outside
from converter.tflite import Graph, Operator, Tensor
from converter.tflite.rewrites import Change


def graph_of(*names: str, dtype: str = "int8") -> Graph:
    """A chain of operators, each on one tensor."""
    tensors = tuple(Tensor(index, f"t{index}", (1, 4), dtype, None, 0, 0) for index in range(len(names) + 1))
    operators = tuple(
        Operator(index, name, 1, f"t{index + 1}", (index,), (index + 1,), 0) for index, name in enumerate(names)
    )
    return Graph("main", (0,), (len(names),), tensors, operators)


def test_only_operators_between_those_taken_divide_the_model() -> None:
    graph = graph_of("QUANTIZE", "ADD", "HARD_SWISH", "ADD", "HARD_SWISH", "ADD", "SOFTMAX")
    changes = [Change(index, "HARD_SWISH", "t", ("ADD", "MUL", "MUL")) for index in (2, 4)]
    assert find_outside(graph, (1, 3, 5), changes) == (
        Outside("HARD_SWISH", 2, False, REWRITE),
        Outside("QUANTIZE", 1, True, "at the edge of the graph, harmless"),
        Outside("SOFTMAX", 1, True, "at the edge of the graph, harmless"),
    )


def test_the_most_frequent_come_first_and_the_harmless_last() -> None:
    graph = graph_of("QUANTIZE", "ADD", "RELU", "ADD", "GELU", "GELU", "ADD", "QUANTIZE", "QUANTIZE")
    found = find_outside(graph, (1, 3, 6), ())
    assert [(cost.operator, cost.count) for cost in found] == [("GELU", 2), ("RELU", 1), ("QUANTIZE", 3)]


def test_an_operator_at_the_edge_that_a_rewrite_takes_back_is_named() -> None:
    graph = graph_of("ADD", "AVERAGE_POOL_2D", "SOFTMAX")
    changes = [Change(1, "AVERAGE_POOL_2D", "t", ("MEAN",))]
    assert find_outside(graph, (0,), changes)[0] == Outside("AVERAGE_POOL_2D", 1, True, REWRITE)


def test_why_an_operator_stays_is_told() -> None:
    changes = [Change(1, "HARD_SWISH", "t", reason="scale too small")]
    assert find_outside(graph_of("ADD", "HARD_SWISH", "ADD"), (0, 2), changes) == (
        Outside("HARD_SWISH", 1, False, "scale too small"),
    )


@pytest.mark.parametrize(
    ("name", "dtype", "advice"),
    [
        ("AVERAGE_POOL_2D", "int8", "padding='valid'"),
        ("SOFTMAX", "int8", "inside the model"),
        ("GELU", "int8", "taken in float only"),
        ("SHAPE", "int32", "fixed batch"),
        ("ADD", "int8", "not this one's types, scales or shapes"),
        ("ARG_MAX", "uint8", "no such operator of 8 bits"),
        ("ARG_MAX", "float32", "takes no such operator: another layer"),
    ],
)
def test_each_operator_has_its_advice(name: str, dtype: str, advice: str) -> None:
    changes = [Change(1, name, "t", reason="its windows")] if name == "AVERAGE_POOL_2D" else []
    (cost,) = find_outside(graph_of("MUL", name, "MUL", dtype=dtype), (0, 2), changes)
    assert (cost.operator, cost.harmless) == (name, False)
    assert advice in cost.advice


def test_nothing_is_said_where_the_delegate_is_not_known_or_takes_all() -> None:
    graph = graph_of("ADD", "HARD_SWISH")
    assert find_outside(graph, None, ()) == ()
    assert find_outside(graph, (), ()) == ()
    assert find_outside(graph, (0, 1), ()) == ()
