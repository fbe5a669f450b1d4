"""The same .tflite in the environments of devices: the lean install, and tflite-runtime 2.14 with numpy 1."""

import json
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from environments import environment_python
from runtime_modules import lean_modules

from edge_runtime import Classifier, read_image

ROOT = Path(__file__).parents[2]
SAMPLE_TEST = ROOT / "trainer" / "assets" / "sample" / "test"

pytestmark = [pytest.mark.device, pytest.mark.tensorflow]


@pytest.fixture(scope="session")
def lean_python() -> str:
    return environment_python("lean")


@pytest.fixture(scope="session")
def tflite_runtime_python() -> str:
    return environment_python("tflite-runtime")


@pytest.fixture(scope="session")
def scores_here(sample_int8: Path) -> dict[str, np.ndarray]:
    with Classifier(sample_int8, backend="litert") as classifier:
        paths = sorted(SAMPLE_TEST.rglob("*.png"))
        return {path.relative_to(SAMPLE_TEST).as_posix(): classifier.scores(read_image(path)) for path in paths}


def scores_in(python: str, model: Path, backend: str) -> dict[str, Any]:
    command = [python, str(ROOT / "tests" / "support" / "score_images.py"), str(model), str(SAMPLE_TEST), backend]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def logit_step(model: Path) -> float:
    """The scale of the tensor that the model's softmax reads: the finest difference between two of its scores."""
    content = schema.ModelT.InitFromPackedBuf(model.read_bytes(), 0)
    graph = content.subgraphs[0]
    codes = [code.builtinCode for code in content.operatorCodes]
    (softmax,) = (op for op in graph.operators if codes[op.opcodeIndex] == schema.BuiltinOperator.SOFTMAX)
    return float(graph.tensors[softmax.inputs[0]].quantization.scale[0])


def assert_same_top1_except_ties(expected: dict[str, np.ndarray], found: dict[str, list[float]], step: float) -> None:
    """Equal best classes, but where the two best scores lie within two steps of the scale they are computed on.

    That scale is the logits'. XNNPACK and TensorFlow's own kernels round differently from the first layer on, and
    around 0.5 two logit steps are some forty of the 256 steps the softmax writes.
    """
    assert found.keys() == expected.keys()
    assert len(expected) == 400
    turned = {name for name, scores in expected.items() if np.argmax(scores) != np.argmax(found[name])}
    for name in turned:
        second, best = np.log(np.sort(expected[name])[-2:])
        assert best - second <= 2 * step + 0.01, name  # 0.01: the scores are rounded to 1/256
    assert len(turned) <= 0.02 * len(expected)


def test_lean_environment_gives_the_same_answers_without_opencv_and_tensorflow(
    lean_python: str, sample_int8: Path, scores_here: dict[str, np.ndarray]
) -> None:
    report = scores_in(lean_python, sample_int8, "auto")
    assert report["frameworks"] == []
    assert report["resizer"] == "numpy"
    assert report["interpreter"].startswith("litert ")
    found = {name: np.asarray(scores, np.float32) for name, scores in report["scores"].items()}
    assert found.keys() == scores_here.keys()
    assert all((found[name] == scores_here[name]).all() for name in found)  # the same bytes went in


def test_lean_environment_imports_every_module_of_the_runtime(lean_python: str) -> None:
    code = f"import importlib, sys\nfor name in {lean_modules()!r}: importlib.import_module(name)"
    done = subprocess.run([lean_python, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_lean_environment_runs_the_command(lean_python: str, sample_int8: Path) -> None:
    command = [str(Path(lean_python).with_name("edge-run")), str(sample_int8), str(SAMPLE_TEST / "bag"), "--top-k", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    labels = [json.loads(line)["categories"][0]["label"] for line in done.stdout.splitlines()]
    assert len(labels) == 40
    assert labels.count("bag") >= 36


def test_a_video_without_opencv_names_the_install_command(lean_python: str, sample_int8: Path) -> None:
    command = [str(Path(lean_python).with_name("edge-run")), str(sample_int8), "clip.mp4"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'edge-deploy-runtime[camera]'" in done.stderr


def test_tflite_runtime_gives_the_same_answers(
    tflite_runtime_python: str, sample_int8: Path, scores_here: dict[str, np.ndarray]
) -> None:
    report = scores_in(tflite_runtime_python, sample_int8, "tflite-runtime")
    assert report["interpreter"] == "tflite-runtime 2.14.0"
    assert version("numpy").startswith("2")  # so the two environments really differ
    assert_same_top1_except_ties(scores_here, report["scores"], logit_step(sample_int8))


def test_a_missing_interpreter_names_the_install_command(lean_python: str, sample_int8: Path) -> None:
    command = [
        str(Path(lean_python).with_name("edge-run")),
        str(sample_int8),
        "synthetic:",
        "--backend",
        "tflite-runtime",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'edge-deploy-runtime[tflite-runtime]'" in done.stderr
