"""Operators that XNNPACK leaves outside are replaced where that is proven, and stay where it is not."""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from quantized_file import KERNELS, QuantizedFile, answers, every_number, left_outside, scale_of_range

from converter.tflite import Graph, Tensor, read_graphs, read_model
from converter.tflite.packing import unpack_model, write_model
from converter.tflite.rewrites import Change, Stays, summarize
from converter.tflite.rewrites.fitting import top_of_sum
from converter.tflite.rewrites.rewrite import Rewritten, rewrite_operators
from converter.tflite.rewrites.scales import Scale, check_product, check_sum

ROW = (1, 256)
RANGES = [(-4.0, 9.0), (-0.4, 0.3), (-1.2, 35.0), (-30.0, 20.0), (-3.5, 2.0), (-0.03, 0.05), (-2.0, 150.0), (0.0, 6.0)]


def hard_swish(value: np.ndarray) -> np.ndarray:
    return value * np.clip(value + 3, 0, 6) / 6


def hard_swish_file(low: float, high: float, dtype: str = "int8", output: tuple[float, int] | None = None) -> bytes:
    """HARD_SWISH of values within that range, its output's scale that of calibration if it is not said."""
    file = QuantizedFile(dtype)
    x = file.range(ROW, low, high)
    values = hard_swish(np.linspace(min(low, 0), max(high, 0), 1000))
    y = file.range(ROW, values.min(), values.max()) if output is None else file.tensor(ROW, *output)
    file.operator("HARD_SWISH", [x], y)
    return file.content([x], [y])


def graph_of(content: bytes) -> Graph:
    return read_graphs(read_model(content, Path("m")), Path("m"))[0]


def operators(content: bytes) -> list[str]:
    return [operator.name for operator in graph_of(content).operators]


def assert_within_a_step(before: bytes, after: bytes, numbers: np.ndarray) -> None:
    for kernels in KERNELS:
        assert np.abs(answers(before, numbers, kernels) - answers(after, numbers, kernels)).max() <= 1


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_hard_swish_goes_into_the_delegate_and_gives_the_same(low: float, high: float, dtype: str) -> None:
    content = hard_swish_file(low, high, dtype)
    assert left_outside(content) == ["HARD_SWISH"]
    rewritten = rewrite_operators(content)
    assert operators(rewritten.content) == ["ADD", "MUL", "MUL"]
    assert rewritten.changes == (Change(0, "HARD_SWISH", "t1", ("ADD", "MUL", "MUL")),)
    assert left_outside(rewritten.content) == []
    assert_within_a_step(content, rewritten.content, every_number(np.dtype(dtype)))


@pytest.mark.parametrize(("dtype", "version"), [("int8", 2), ("uint8", 1)])
def test_operators_ask_for_the_version_of_their_numbers(dtype: str, version: int) -> None:
    """Older interpreters have the first versions alone, which know no int8."""
    rewritten = rewrite_operators(hard_swish_file(-4.0, 9.0, dtype))
    assert {operator.version for operator in graph_of(rewritten.content).operators} == {version}


def test_all_of_one_kind_share_an_operator_code() -> None:
    model = unpack_model(rewrite_operators(hard_swish_file(-4.0, 9.0)).content)
    assert [code.builtinCode for code in model.operatorCodes] == [
        schema.BuiltinOperator.ADD,
        schema.BuiltinOperator.MUL,
    ]


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize(("low", "high"), [(-3.4, 4.3), (-4.2, 3.7), (-7.0, 7.0), (-1.0, 1.5)])
def test_the_inner_scales_are_those_with_which_fewer_numbers_differ(low: float, high: float, dtype: str) -> None:
    content = hard_swish_file(low, high, dtype)
    x, y = (scale for scale in map(scale_of_tensor, graph_of(content).tensors[:2]))
    real = (x.numbers.astype(float) - x.zero_point) * x.scale

    def off(top: float) -> float:
        """How many numbers differ, weighted as a normal distribution of three deviations to either side."""
        step = top / 255
        total = np.clip(np.rint((real + 3) / step), 0, min(255, np.rint(6 / step)))
        given, wanted = np.rint(real * total * step / 6 / y.scale), np.rint(hard_swish(real) / y.scale)
        return float(np.exp(-4.5 * (real / np.abs(real).max()) ** 2) @ np.abs(given - wanted))

    narrowest = min(6.0, x.top + 3)
    found = top_of_sum(x, y)
    assert narrowest <= found <= 1.3 * narrowest
    assert off(found) <= min(map(off, narrowest * np.linspace(1, 1.3, 31))) + 1e-9


def scale_of_tensor(tensor: Tensor) -> Scale:
    assert tensor.quantization is not None
    return Scale(np.dtype(tensor.dtype), tensor.quantization.scales[0], tensor.quantization.zero_points[0])


def test_edges_and_their_scales_stay() -> None:
    content = hard_swish_file(-4.0, 9.0)
    before, after = (
        read_graphs(read_model(each, "m"), "m")[0] for each in (content, rewrite_operators(content).content)
    )
    assert (before.inputs, before.outputs) == (after.inputs, after.outputs)
    assert before.tensors == after.tensors[:2]


def test_a_scale_that_xnnpack_would_not_take_keeps_the_operator() -> None:
    content = hard_swish_file(-1e-3, 1e-3)
    rewritten = rewrite_operators(content)
    assert rewritten.content == content
    assert not rewritten.replaced
    assert summarize(rewritten.changes) == ("1 HARD_SWISH stays: XNNPACK would not take it: scale too small",)


def test_a_replacement_that_is_off_by_more_than_a_step_keeps_the_operator() -> None:
    """Its output is far finer than what the share of x can tell: nearly all of x lies below 0."""
    content = hard_swish_file(-4.5, 0.3)
    rewritten = rewrite_operators(content)
    assert rewritten.content == content
    (line,) = summarize(rewritten.changes)
    assert line == "1 HARD_SWISH stays: the replacement would be 2 steps off at its scales"


@pytest.mark.parametrize(
    ("scale", "zero_point", "reason"),
    [
        (float("nan"), 0, "its scale is no scale of a network"),
        (float("inf"), 0, "its scale is no scale of a network"),
        (0.0, 0, "its scale is no scale of a network"),
        (-0.1, 0, "its scale is no scale of a network"),
        (1e-7, 0, "its scale is too small"),
        (1e7, 0, "its scale is too large"),
        (0.1, 300, "its zero point is out of range"),
    ],
)
def test_no_interpreter_is_asked_about_scales_that_are_none(scale: float, zero_point: int, reason: str) -> None:
    rewritten = rewrite_operators(hard_swish_file(-4.0, 9.0, output=(scale, zero_point)))
    assert [change.reason for change in rewritten.changes] == [reason]


def test_float_operators_are_no_business_of_it() -> None:
    content = hard_swish_file(-4.0, 9.0)
    model = unpack_model(content)
    for tensor in model.subgraphs[0].tensors:
        tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
    content = write_model(model)
    assert rewrite_operators(content) == Rewritten(content, ())


def activation_file(name: str, low: float, high: float, result: tuple[float, float], dtype: str = "int8") -> bytes:
    """An activation that nothing stands before."""
    file = QuantizedFile(dtype)
    x, y = file.range(ROW, low, high), file.range(ROW, *result)
    file.operator(name, [x], y)
    return file.content([x], [y])


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize(("name", "result"), [("RELU", (0, 9)), ("RELU6", (0, 6)), ("RELU", (-4, 9))])
def test_a_lone_activation_becomes_a_sum(name: str, result: tuple[float, float], dtype: str) -> None:
    content = activation_file(name, -4, 9, result, dtype)
    assert left_outside(content) == [name]
    rewritten = rewrite_operators(content)
    assert operators(rewritten.content) == ["ADD"]
    assert left_outside(rewritten.content) == []
    assert_within_a_step(content, rewritten.content, every_number(np.dtype(dtype)))


def sum_and_relu(
    *, readers: int = 1, relu: tuple[float, float] = (-8, 8), fused: int = 0, shown: bool = False
) -> bytes:
    """RELU of x + x; ``readers`` operators read the sum."""
    file = QuantizedFile()
    x, s = file.range(ROW, -4, 4), file.range(ROW, -8, 8)
    file.operator("ADD", [x, x], s, kind="AddOptions", fusedActivationFunction=fused)
    outputs = []
    for _ in range(readers):
        outputs.append(file.range(ROW, *relu))
        file.operator("RELU", [s], outputs[-1])
    return file.content([x], [*outputs, *([s] if shown else [])])


def test_an_activation_goes_into_the_operator_before_where_no_number_changes() -> None:
    content = sum_and_relu()
    rewritten = rewrite_operators(content)
    assert operators(rewritten.content) == ["ADD"]
    assert summarize(rewritten.changes) == ("1 RELU went into the operator before",)
    numbers = every_number(np.dtype("int8"))
    for kernels in KERNELS:
        np.testing.assert_array_equal(answers(content, numbers, kernels), answers(rewritten.content, numbers, kernels))


@pytest.mark.parametrize(
    "settings", [{"readers": 2}, {"relu": (0, 8)}, {"fused": schema.ActivationFunctionType.RELU6}, {"shown": True}]
)
def test_an_activation_stays_an_operator_where_the_sum_is_needed(settings: dict[str, object]) -> None:
    content = sum_and_relu(**settings)
    rewritten = rewrite_operators(content)
    assert operators(rewritten.content) == ["ADD"] * (1 + settings.get("readers", 1))
    assert left_outside(rewritten.content) == []
    assert_within_a_step(content, rewritten.content, every_number(np.dtype("int8")))


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize("name", ["MAXIMUM", "MINIMUM"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("number", [-4.0, 0.0, 1.7])
def test_clipping_with_a_constant_is_exact(name: str, dtype: str, number: float, *, first: bool) -> None:
    file = QuantizedFile(dtype)
    x, y = file.range(ROW, -4, 9), file.range(ROW, -4, 9)
    scale, zero_point = scale_of_range(-4, 9, file.lowest)
    stored = np.clip(round(number / scale + zero_point), file.lowest, file.highest)
    bound = file.tensor((), scale, zero_point, stored)
    file.operator(name, [bound, x] if first else [x, bound], y, kind="MaximumMinimumOptions")
    content = file.content([x], [y])
    rewritten = rewrite_operators(content)
    assert left_outside(content) == [name]
    assert left_outside(rewritten.content) == []
    numbers = every_number(np.dtype(dtype))
    for kernels in KERNELS:
        np.testing.assert_array_equal(answers(content, numbers, kernels), answers(rewritten.content, numbers, kernels))


def test_the_larger_of_two_maps_stays() -> None:
    file = QuantizedFile()
    x, y = file.range(ROW, -4, 9), file.range(ROW, -4, 9)
    file.operator("MAXIMUM", [x, x], y, kind="MaximumMinimumOptions")
    assert rewrite_operators(file.content([x], [y])).changes == ()


VALID, SAME = schema.Padding.VALID, schema.Padding.SAME
RELU6 = schema.ActivationFunctionType.RELU6


def pool_file(
    window: tuple[int, int],
    padding: int,
    stride: tuple[int, int] = (7, 5),
    *,
    name: str = "AVERAGE_POOL_2D",
    dtype: str = "int8",
    fused: int = 0,
) -> bytes:
    """The average of windows of a map of 7x5."""
    file = QuantizedFile(dtype)
    reach = (0, 0) if padding == SAME else (window[0] - 1, window[1] - 1)
    sides = [-(-(side - more) // step) for side, more, step in zip((7, 5), reach, stride, strict=True)]
    x, y = file.range((1, 7, 5, 8), -4, 9), file.range((1, *sides, 8), -4, 9)
    file.operator(
        name, [x], y, kind="Pool2DOptions", padding=padding, filterHeight=window[0],
        filterWidth=window[1], fusedActivationFunction=fused, strideH=stride[0], strideW=stride[1],
    )  # fmt: skip
    return file.content([x], [y])


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize(
    ("settings", "becomes"),
    [
        ({"window": (7, 5), "padding": VALID}, "MEAN"),
        ({"window": (7, 5), "padding": SAME}, "MEAN"),
        ({"window": (9, 6), "padding": SAME}, "MEAN"),
        ({"window": (2, 2), "padding": VALID, "stride": (2, 2)}, "DEPTHWISE_CONV_2D"),
        ({"window": (3, 2), "padding": VALID, "stride": (1, 1)}, "DEPTHWISE_CONV_2D"),
        ({"window": (7, 1), "padding": SAME}, "DEPTHWISE_CONV_2D"),
        ({"window": (6, 5), "padding": VALID, "stride": (1, 1), "fused": RELU6}, "DEPTHWISE_CONV_2D"),
        ({"window": (7, 5), "padding": VALID, "fused": RELU6}, "DEPTHWISE_CONV_2D"),
    ],
)
def test_averages_go_into_the_delegate(settings: dict[str, object], becomes: str, dtype: str) -> None:
    content = pool_file(dtype=dtype, **settings)
    rewritten = rewrite_operators(content)
    assert left_outside(content) == ["AVERAGE_POOL_2D"]
    assert (operators(rewritten.content), left_outside(rewritten.content)) == ([becomes], [])
    generator = np.random.default_rng(1)
    for _ in range(50):
        values = generator.normal(generator.uniform(0, 255), 40, (1, 7, 5, 8)) + np.iinfo(dtype).min
        numbers = np.clip(values, np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)
        assert_within_a_step(content, rewritten.content, numbers)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 3)])
def test_averages_of_windows_over_the_edge_stay(stride: tuple[int, int]) -> None:
    content = pool_file((3, 3), SAME, stride)
    rewritten = rewrite_operators(content)
    assert rewritten.content == content
    assert [change.reason for change in rewritten.changes] == ["its windows reach over the edge of the map"]


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_leaving_numbers_out_goes_into_the_delegate(dtype: str) -> None:
    content = pool_file((1, 1), VALID, (2, 2), name="MAX_POOL_2D", dtype=dtype)
    rewritten = rewrite_operators(content)
    assert left_outside(content) == ["MAX_POOL_2D"]
    assert (operators(rewritten.content), left_outside(rewritten.content)) == (["DEPTHWISE_CONV_2D"], [])
    lowest = int(np.iinfo(dtype).min)
    numbers = np.arange(lowest, lowest + 256).astype(dtype)[: 7 * 5 * 4].repeat(2).reshape(1, 7, 5, 8)
    np.testing.assert_array_equal(answers(content, numbers), answers(rewritten.content, numbers))


@pytest.mark.parametrize(("window", "stride"), [((1, 1), (1, 1)), ((2, 2), (2, 2))])
def test_other_maximums_are_taken_as_they_are(window: tuple[int, int], stride: tuple[int, int]) -> None:
    content = pool_file(window, VALID, stride, name="MAX_POOL_2D")
    assert left_outside(content) == []
    assert rewrite_operators(content).changes == ()


def concatenation(count: int, axis: int, *, dtype: str = "int8", odd: bool = False) -> bytes:
    """``count`` times the input (1, 2, 3), joined; with ``odd`` the last of another scale."""
    file = QuantizedFile(dtype)
    x = file.range((1, 2, 3), -4, 9)
    inputs = [x]
    for number in range(1, count):
        inputs.append(file.range((1, 2, 3), -4, 9 + 9 * (odd and number == count - 1)))
        file.operator("ADD", [x, x], inputs[-1], kind="AddOptions")
    sides = [1, 2, 3]
    sides[axis] *= count
    y = file.range(sides, -4, 9)
    file.operator("CONCATENATION", inputs, y, kind="ConcatenationOptions", axis=axis)
    return file.content([x], [y])


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize(("count", "axis", "joins"), [(5, 2, 1), (6, 2, 2), (9, -1, 2), (10, 1, 3)])
def test_long_concatenations_are_split(count: int, axis: int, joins: int, dtype: str) -> None:
    content = concatenation(count, axis, dtype=dtype)
    rewritten = rewrite_operators(content)
    assert left_outside(content) == ["CONCATENATION"] * (joins > 1)
    assert operators(rewritten.content).count("CONCATENATION") == joins
    assert left_outside(rewritten.content) == []
    numbers = np.arange(6).reshape(1, 2, 3).astype(dtype)
    for kernels in KERNELS:
        np.testing.assert_array_equal(answers(content, numbers, kernels), answers(rewritten.content, numbers, kernels))


def test_tensors_of_several_scales_are_joined_as_they_were() -> None:
    content = concatenation(6, 2, odd=True)
    assert [change.reason for change in rewrite_operators(content).changes] == ["its scales differ"]


@pytest.mark.parametrize("ratio", [1 / 1025, 1 / 1024, 1.0, 255.9, 256.1])
def test_the_limits_of_sums_are_those_of_the_delegate(ratio: float) -> None:
    file = QuantizedFile()
    x, y = file.tensor(ROW, ratio * 0.125, 0), file.tensor(ROW, 0.125, 0)
    c = file.tensor((), 0.125, 0, 1)
    file.operator("ADD", [x, c], y, kind="AddOptions")
    taken = left_outside(file.content([x], [y])) == []
    scales = (Scale(np.dtype(np.int8), each, 0) for each in (ratio * 0.125, 0.125))
    assert taken == is_taken(lambda: check_sum(next(scales), result=next(scales)))


@pytest.mark.parametrize("ratio", [0.9 / 65536, 1.1 / 65536, 1 / 255, 0.99])
def test_the_limits_of_products_are_those_of_the_delegate(ratio: float) -> None:
    file = QuantizedFile()
    x, y = file.tensor(ROW, ratio * 0.125, 0), file.tensor(ROW, 0.125, 0)
    c = file.tensor((), 1.0, 0, 1)
    file.operator("MUL", [x, c], y, kind="MulOptions")
    taken = left_outside(file.content([x], [y])) == []
    x_scale, y_scale, one = (Scale(np.dtype(np.int8), each, 0) for each in (ratio * 0.125, 0.125, 1.0))
    assert taken == is_taken(lambda: check_product(x_scale, one, y_scale))


def is_taken(check: object) -> bool:
    try:
        check()
    except Stays:
        return False
    return True


def test_the_summary_counts_by_kind_and_reason() -> None:
    changes = [
        Change(0, "HARD_SWISH", "a", ("ADD", "MUL", "MUL")),
        Change(1, "HARD_SWISH", "b", ("ADD", "MUL", "MUL")),
        Change(2, "HARD_SWISH", "c", reason="scale too small"),
        Change(3, "RELU", "d"),
    ]
    assert summarize(changes) == (
        "2 of 3 HARD_SWISH became ADD, MUL, MUL",
        "1 of 3 HARD_SWISH stays: scale too small",
        "1 RELU went into the operator before",
    )
