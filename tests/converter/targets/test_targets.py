"""What each target asks of a file, and what is said of one that does not meet it."""

import sys
from pathlib import Path

import numpy as np
import pytest
from packaged import write_packaged
from shared import SHARED_DATA, needs_shared_data
from tiny_model import write_tiny_model

from converter.errors import TargetError
from converter.targets import LITERT, TARGETS, check_requirements, prove
from converter.targets.agreement import compare, deciding_step
from converter.targets.operators import known_operators
from converter.targets.requirements import unmet
from converter.tflite.facts import Graph, Operator, Quantization, Tensor

TFLITE_RUNTIME, GPU, MICRO = TARGETS["tflite-runtime"], TARGETS["gpu"], TARGETS["micro"]


def graph_of(operator: str, version: int = 1, dtype: str = "int8", shape: tuple[int, ...] = (1, 4)) -> Graph:
    """A graph of one operator."""
    quantization = None if dtype.startswith("float") else Quantization((0.5,), (0,), 0)
    tensors = tuple(Tensor(i, name, shape, dtype, quantization, 0, 0) for i, name in enumerate(("image", "scores")))
    return Graph("", (0,), (1,), tensors, (Operator(0, operator, version, "scores", (0,), (1,), 0),))


@pytest.mark.parametrize(
    ("graph", "target", "problems"),
    [
        (graph_of("FULLY_CONNECTED", 10), TFLITE_RUNTIME, []),
        (
            graph_of("FULLY_CONNECTED", 12),
            TFLITE_RUNTIME,
            ["FULLY_CONNECTED of layer 'scores' has version 12, and tflite-runtime 2.14 has up to 10"],
        ),
        (
            graph_of("STABLEHLO_ADD"),
            TFLITE_RUNTIME,
            ["STABLEHLO_ADD of layer 'scores' is not in tflite-runtime 2.14"],
        ),
        (graph_of("GELU", 99), LITERT, []),
        (graph_of("CONV_2D", dtype="float32"), GPU, []),
        (
            graph_of("CONV_2D", dtype="float32", shape=(-1, 4)),
            GPU,
            ["CONV_2D of layer 'scores' has no fixed shape"],
        ),
        (
            graph_of("CONV_2D"),
            GPU,
            ["CONV_2D of layer 'scores' computes with int8; convert with --quantize float16"],
        ),
        (graph_of("CONV_2D"), MICRO, []),
        (graph_of("GELU"), MICRO, ["GELU of layer 'scores' is not in TensorFlow Lite Micro"]),
        (
            graph_of("CONV_2D", dtype="float32"),
            MICRO,
            [
                "CONV_2D of layer 'scores' has float32 numbers left",
                "input 'image' is float32 instead of int8",
                "output 'scores' is float32 instead of int8",
            ],
        ),
        (
            graph_of("SOFTMAX", dtype="uint8"),
            MICRO,
            ["input 'image' is uint8 instead of int8", "output 'scores' is uint8 instead of int8"],
        ),
    ],
)
def test_each_problem_names_operator_and_layer(graph: Graph, target: object, problems: list[str]) -> None:
    assert list(unmet([graph], target)) == problems


def test_control_flow_is_not_for_microcontrollers() -> None:
    assert list(unmet([graph_of("ADD"), graph_of("ADD")], MICRO)) == ["it has 2 graphs instead of one"]


def test_the_error_names_file_target_and_the_first_problems(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with pytest.raises(TargetError) as caught:
        check_requirements(path.read_bytes(), MICRO, str(path))
    assert str(caught.value) == (
        f"{path}: target micro cannot be met: AVERAGE_POOL_2D of layer 'pooled' has float32 numbers left; "
        "SOFTMAX of layer 'scores' has float32 numbers left; input 'image' is float32 instead of int8; and 1 more"
    )


def test_the_tables_know_what_classifiers_are_made_of() -> None:
    common = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "SOFTMAX", "LOGISTIC", "ADD", "MEAN", "PAD", "RESHAPE"}
    for interpreter in ("tflite-runtime", "tflite-micro"):
        assert common <= known_operators(interpreter).keys()
    assert known_operators("tflite-runtime")["FULLY_CONNECTED"] == 10


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "met"),
    [
        ("vww_96_int8", {"litert", "tflite-runtime", "micro"}),
        ("vww_96_float", {"litert", "tflite-runtime"}),
        ("mobilenet_v1_0.25_224_float_metadata", {"litert", "tflite-runtime", "gpu"}),
        ("mobilenet_v2_1.0_224_uint8", {"litert", "tflite-runtime"}),
    ],
)
def test_third_party_models_meet_the_targets_they_were_made_for(name: str, met: set[str]) -> None:
    path = SHARED_DATA / "tflite" / f"{name}.tflite"
    found = set()
    for target in TARGETS.values():
        try:
            check_requirements(path.read_bytes(), target, str(path))
        except TargetError:
            continue
        found.add(target.name)
    assert found == met


def test_an_interpreter_that_is_not_here_is_said_not_hidden(tmp_path: Path) -> None:
    proof = prove(write_packaged(tmp_path / "m.tflite"), TFLITE_RUNTIME, [])
    assert proof is not None
    assert proof.agreement is None
    assert "not proven: tflite_runtime is not installed here; name a Python" in proof.summary()
    assert prove(tmp_path / "m.tflite", LITERT, []) is None


def test_a_python_that_is_none_is_one_line(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite")
    with pytest.raises(TargetError, match="cannot run it: No such file"):
        prove(model, TFLITE_RUNTIME, [], tmp_path / "python")


def test_ties_are_told_from_other_answers() -> None:
    reference = np.array([[0.9, 0.1], [0.52, 0.48], [0.9, 0.1], [0.52, 0.48]], np.float32)
    found = np.array([[0.8, 0.2], [0.49, 0.51], [0.2, 0.8], [0.52, 0.48]], np.float32)
    agreement = compare(reference, found, 0.05, logits=True)  # ln(0.52 / 0.48) is 0.08, less than two steps
    assert (agreement.images, agreement.same_top1, agreement.ties, agreement.differing) == (4, 2, 1, 1)
    assert agreement.largest_difference == pytest.approx(0.7)
    assert compare(reference, found, 0.0, logits=True).ties == 0
    saturated = np.array([[1.0, 0.0]], np.float32)
    assert compare(saturated, saturated[:, ::-1], 0.5, logits=True).differing == 1


def test_the_deciding_step_is_that_of_the_logits() -> None:
    assert deciding_step(graph_of("SOFTMAX")) == (0.5, True)
    assert deciding_step(graph_of("CONV_2D")) == (0.5, False)
    assert deciding_step(graph_of("SOFTMAX", dtype="float32")) == (0.0, True)


def test_a_python_without_the_interpreter_says_what_to_install_there(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite")
    with pytest.raises(TargetError, match=r"has no tflite_runtime; there: pip install tflite-runtime==2\.14"):
        prove(model, TFLITE_RUNTIME, [], Path(sys.executable))
