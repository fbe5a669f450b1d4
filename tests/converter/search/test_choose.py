"""Which file is delivered: passed, and the fastest or smallest; never slower than float32 where latency counts."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from converter.candidate import Candidate
from converter.judge import Latency
from converter.results import LayerError
from converter.search.choose import choose, is_slower
from converter.search.layers import readable, score_distance, worth_of
from edge_runtime.contracts.manifest import GateVerdict


def candidate(name: str, kilobytes: int, ratio: float, *, passed: bool = True, spread: float = 0.01) -> Candidate:
    gate = GateVerdict("top-1", 0.9, 0.9, 0.0, 1.0, 100, passed)
    latency = Latency(10 * ratio, ratio, (ratio - spread, ratio + spread), 60, "xnnpack", "")
    package = SimpleNamespace(variant=SimpleNamespace(name=name), to_bytes=lambda _gate: bytes(1000 * kilobytes))
    return Candidate(package, np.empty((0, 0), np.float32), gate, (), latency)  # type: ignore[arg-type]


FLOAT32 = candidate("float32", 4000, 1.0, spread=0.0)
CASES = {
    "the fastest": ([candidate("int8", 1000, 0.5), candidate("float16", 2000, 1.0)], "latency", "int8"),
    "one that was refused is not taken": (
        [candidate("int8", 1000, 0.5, passed=False), candidate("mixed", 1200, 0.6)], "latency", "mixed"),
    "of equally fast ones the smallest": (
        [candidate("mixed", 1500, 0.50), candidate("int8", 1000, 0.51)], "latency", "int8"),
    "the smallest where the measurement cannot tell which is faster": (
        [candidate("float16", 2000, 0.95, spread=0.04), candidate("int8", 1000, 1.0, spread=0.04)], "latency", "int8"),
    "not the smallest where it can": (
        [candidate("float16", 2000, 0.95, spread=0.02), candidate("int8", 1000, 1.0, spread=0.02)],
        "latency",
        "float16",
    ),
    "slower than float32 is never taken": (
        [candidate("int8", 1000, 2.8), candidate("float16", 2000, 1.001)], "latency", "float16"),
    "float32 where all others are slower": ([candidate("int8", 1000, 1.2)], "latency", "float32"),
    "for size the smallest, however slow": (
        [candidate("int8", 1000, 2.8), candidate("float16", 2000, 1.0)], "size", "int8"),
    "for size only what passed": ([candidate("int8", 1000, 0.5, passed=False)], "size", "float32"),
}  # fmt: skip


@pytest.mark.parametrize(("others", "prefer", "expected"), CASES.values(), ids=CASES.keys())
def test_the_choice(others: list[Candidate], prefer: str, expected: str) -> None:
    chosen, why = choose([FLOAT32, *others], prefer)  # type: ignore[arg-type]
    assert chosen is not None
    assert chosen.name == expected
    assert "keep" in why


@pytest.mark.parametrize("prefer", ["latency", "size"])
def test_of_files_as_small_and_as_fast_the_one_with_the_most_answers_is_taken(prefer: str) -> None:
    some = candidate("int8 bias-corrected", 1000, 0.5)
    most = candidate("int8 chosen-ranges", 1010, 0.51)
    large = candidate("mixed", 1011, 0.5)
    files = [
        replace(file, gate=replace(file.gate, agreement=agreement))
        for file, agreement in ((some, 0.97), (most, 0.99), (large, 1.0))
    ]
    chosen, _ = choose([FLOAT32, *files], prefer)  # type: ignore[arg-type]
    assert chosen is not None
    assert chosen.name == "int8 chosen-ranges"


def test_nothing_is_chosen_where_nothing_passed() -> None:
    refused = replace(FLOAT32, gate=replace(FLOAT32.gate, passed=False))
    assert choose([refused], "latency") == (None, "nothing that was tried keeps the limits")


def test_slower_leaves_room_for_what_was_not_measured() -> None:
    close = candidate("float16", 2000, 0.99, spread=0.05).latency
    assert not is_slower(close)
    assert is_slower(candidate("int8", 1, 1.1).latency)
    assert not is_slower(candidate("int8", 1, 1.1, spread=0.08).latency), "the measurement leaves it open"
    assert not is_slower(candidate("int8", 1, 1.02, spread=0.005).latency), "that is equally fast"


def test_what_nobody_notices_is_no_reason() -> None:
    tiny = replace(candidate("int8", 1, 2.0).latency, p50=0.03)
    assert not is_slower(tiny), "0.015 ms"
    assert is_slower(replace(tiny, p50=0.05)), "0.025 ms"
    float32 = replace(FLOAT32, latency=replace(FLOAT32.latency, p50=0.01))
    small = replace(candidate("int8", 1000, 1.5, spread=0.0), latency=replace(tiny, ratio=1.5, p50=0.015))
    chosen, _ = choose([float32, small], "latency")
    assert chosen is small


def test_a_layer_is_worth_what_it_regains_by_what_it_costs() -> None:
    small = LayerError("a", "DEPTHWISE_CONV_2D", 2.0, regained=0.05, extra_bytes=1000, extra_ms=0.0)
    large = replace(small, regained=0.06, extra_bytes=500_000)
    slow = replace(small, extra_ms=2.0)
    worth = [worth_of(layer, base_bytes=1_000_000, base_ms=10.0) for layer in (small, large, slow)]
    assert worth[0] > worth[2] > worth[1]
    assert worth[0] == pytest.approx(0.05 / 0.005)  # costs below half a percent count as that much
    assert worth[1] == pytest.approx(0.06 / 0.5)


def test_names_and_distances() -> None:
    assert readable("mobilenet_1/conv_dw_1_relu/Relu6;mobilenet_1/conv_dw_1_bn/add") == "conv_dw_1_relu"
    assert readable("StatefulPartitionedCall_1:0") == "StatefulPartitionedCall_1:0"
    first, second = np.array([[1.0, 0.0], [0.5, 0.5]], np.float32), np.array([[0.0, 1.0], [0.5, 0.5]], np.float32)
    assert score_distance(first, second) == 0.5
