"""A model that no interpreter here runs: the message says which operator, and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema
from fake_tflite_runtime import write_tflite_runtime
from tiny_model import write_tiny_model

from converter.cli import main as edge_convert
from edge_runtime.backends.registry import BACKENDS
from edge_runtime.errors import BackendError
from edge_runtime.model import read_model_file
from edge_runtime.run.cli import main as edge_run

CUSTOM = schema.BuiltinOperator.CUSTOM
EDGE_TPU = "edgetpu-custom-op"


def write_model(path: Path, custom: str = "", version: int = 1) -> Path:
    """The tiny model whose only operator is a custom one, or FULLY_CONNECTED of a version."""
    write_tiny_model(path, dtype="uint8", activation="none")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    code, graph = model.operatorCodes[0], model.subgraphs[0]
    builtin = CUSTOM if custom else schema.BuiltinOperator.FULLY_CONNECTED
    code.customCode = custom.encode() if custom else None
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = version
    graph.operators[0].builtinOptions, graph.operators[0].builtinOptionsType = None, 0
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def refusal(path: Path, backend: str) -> str:
    with pytest.raises(BackendError) as caught:
        BACKENDS.load(backend)(read_model_file(path), 1)
    message = str(caught.value)
    assert message.startswith(f"{path}: {backend} ")
    assert "\n" not in message
    assert len(message) - len(str(path)) < 250
    return message


@pytest.mark.parametrize("backend", ["litert", "litert-compiled", "litert-gpu"])
@pytest.mark.parametrize(
    ("custom", "advice"),
    [
        (EDGE_TPU, "compiled for the Edge TPU, which nothing else runs; name the file it was compiled from, without"),
        ("FlexErf", "needs TensorFlow's operator Erf: convert it without SELECT_TF_OPS"),
        (
            "Convolution2DTransposeBias",
            "MediaPipe's own operator Convolution2DTransposeBias, which only MediaPipe runs",
        ),
        ("MyOp", "the custom operator MyOp, which only its maker's program has"),
    ],
)
def test_an_operator_that_is_missing_is_named_with_what_to_do(
    tmp_path: Path, backend: str, custom: str, advice: str
) -> None:
    assert advice in refusal(write_model(tmp_path / "m.tflite", custom), backend)


def test_the_file_that_an_edge_tpu_file_was_made_of_is_named_where_it_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_model(tmp_path / "m_edgetpu.tflite", EDGE_TPU)
    original = write_tiny_model(tmp_path / "m.tflite")
    assert refusal(path, "litert").endswith(f"; name {original}")
    assert edge_convert(["inspect", str(path)]) == 0
    assert f"compiled for the Edge TPU, which nothing else runs; name {original}" in capsys.readouterr().out
    assert edge_convert([str(path), "--out", str(tmp_path / "x.tflite")]) == 1
    assert f"{path}: compiled for the Edge TPU, which nothing else runs; name {original}; to" in capsys.readouterr().err


def test_operators_that_are_too_new_have_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model(tmp_path / "m.tflite", version=99)
    assert "FULLY_CONNECTED has version 99, which is newer; update the interpreter: pip" in refusal(path, "litert")
    monkeypatch.syspath_prepend(write_tflite_runtime(tmp_path / "site"))
    message = refusal(path, "tflite-runtime")
    assert "convert with edge-convert --target tflite-runtime, or pip install 'edge-deploy-kit[litert]'" in message


def test_edge_run_takes_a_file_that_ends_in_lite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_tiny_model(tmp_path / "m.tflite", dtype="uint8")
    shutil.copy(model, tmp_path / "m.lite")
    assert edge_run([str(tmp_path / "m.lite"), "synthetic:8x8:1"]) == 0
    assert '"categories"' in capsys.readouterr().out
