"""edge-convert inspect on files made by hand: what it finds, and what it makes of damage."""

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema
from blocked_modules import run_without
from hypothesis import given
from hypothesis import strategies as st
from packaged import CARD, SPEC, write_packaged
from tiny_model import write_tiny_model

from converter.cli import main
from converter.inspect.delegates_child import covered_operators
from converter.inspect.model import inspect_model
from converter.inspect.text import render_text
from converter.tflite.graph import TENSOR_TYPES, read_graphs, read_model
from converter.tflite.metadata_read import metadata_buffer, read_metadata
from converter.tflite.metadata_write import LABELS_NAME, append_files, build_metadata
from converter.tflite.packing import pack_model
from edge_runtime.console.child_process import console_script
from edge_runtime.contracts.manifest import MANIFEST_NAME
from edge_runtime.errors import ModelFileError


def test_graph_tensors_and_operators_are_those_of_the_file(tmp_path: Path) -> None:
    found = inspect_model(write_tiny_model(tmp_path / "m.tflite", dtype="int8"))
    (graph,) = found.graphs
    assert [(op.name, op.version, op.layer) for op in graph.operators] == [
        ("AVERAGE_POOL_2D", 1, "pooled"),
        ("SOFTMAX", 1, "scores"),
    ]
    image = graph.tensors[0]
    assert (image.name, image.shape, image.dtype) == ("image", (1, 6, 8, 3), "int8")
    quantization = image.quantization
    assert quantization is not None
    assert (quantization.scales, quantization.zero_points, quantization.per_channel) == ((1 / 128,), (128,), False)
    assert (found.metadata, found.manifest, found.labels, found.notes) == (None, None, (), ())
    assert found.delegates.interpreter.startswith("ai-edge-litert ")


def test_tensor_types_are_those_of_the_schema() -> None:
    codes = {code: name.lower() for name, code in vars(schema.TensorType).items() if isinstance(code, int)}
    assert tuple(codes[code] for code in range(len(TENSOR_TYPES))) == TENSOR_TYPES
    assert len(codes) == len(TENSOR_TYPES)


def test_metadata_labels_and_manifest_are_found_and_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_packaged(tmp_path / "m.tflite")
    assert main(["inspect", str(path)]) == 0
    shown = capfd.readouterr().out
    for text in (
        "colors, version 1.2, by A. Painter, licence MIT, Tells colors apart.",
        "image, image, RGB, (pixel - 127.5) / 127.5",
        "labels in labels.txt",
        "red, green, blue",
        "recipe int8, its sha256 fits the weights",
        "6x8 (height x width), squash, RGB",
        "epochs 3",
        "AVERAGE_POOL_2D v1",
        "0 MACs for one image, at most 147 bytes between layers",
    ):
        assert text in shown
    assert main(["inspect", str(path), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["schema"] == 2
    assert (found["costs"]["macs"], found["costs"]["peak_activation_bytes"]) == (0, 147)
    assert found["manifest_matches"] is True
    assert found["metadata"]["author"] == "A. Painter"
    assert found["graphs"][0]["operators"][1]["name"] == "SOFTMAX"


def test_a_manifest_of_other_weights_is_noted(tmp_path: Path) -> None:
    found = inspect_model(write_packaged(tmp_path / "m.tflite", sha256="0" * 64))
    assert found.manifest_matches is False
    assert any("vouches for other weights" in note for note in found.notes)
    assert "DOES NOT FIT" in render_text(found)


def test_a_broken_manifest_a_broken_zip_and_missing_labels_are_noted(tmp_path: Path) -> None:
    packed = pack_model(write_tiny_model(tmp_path / "m").read_bytes(), build_metadata(CARD, SPEC))
    path = tmp_path / "m.tflite"
    path.write_bytes(append_files(packed, {MANIFEST_NAME: "{}"}))
    notes = inspect_model(path).notes
    assert any("is missing" in note for note in notes)
    assert any("label file 'labels.txt', which is not in it" in note for note in notes)
    whole = append_files(packed, {LABELS_NAME: "a\nb\nc\n"})
    path.write_bytes(whole.replace(b"a\nb\nc\n", b"x\ny\nz\n"))
    assert any("associated files are damaged" in note for note in inspect_model(path).notes)


def test_names_of_strangers_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    path.write_bytes(path.read_bytes().replace(b"pooled", b"\x1b[2Jxx"))
    shown = render_text(inspect_model(path))
    assert "\x1b" not in shown
    assert "[2Jxx" in shown


@pytest.mark.parametrize(
    "content", [b"", b"TFL3", b"\x20\0\0\0TFL3", b"{}" * 50], ids=["empty", "short", "cut", "json"]
)
def test_what_is_no_model_gives_one_line(tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(content)
    assert main(["inspect", str(path)]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert str(path) in err


@pytest.mark.parametrize(
    ("name", "found"), [("m.keras", "a Keras model"), ("m.h5", "a Keras model"), ("run", "a folder")]
)
def test_what_edge_convert_makes_a_tflite_of_is_told_so(
    name: str, found: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.mkdir() if name == "run" else path.write_bytes(b"PK")
    assert main(["inspect", str(path)]) == 1
    fix = "edge-convert makes one of a RUN folder or a Keras model"
    assert capfd.readouterr().err == f"edge-convert inspect: {path}: {found}, no .tflite; {fix}\n"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_packaged(tmp_path_factory.mktemp("packed") / "m.tflite").read_bytes()


def error_of(content: bytes) -> str:
    path = Path("m.tflite")
    try:
        model = read_model(content, path)
        read_graphs(model, path)
        read_metadata(metadata_buffer(model), "m.tflite")
    except ModelFileError as error:
        return str(error)
    return "none"


@given(data=st.data())
def test_a_damaged_file_reads_or_is_one_error(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(8, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    assert error_of(bytes(damaged)).startswith(("m.tflite: ", "none"))


def test_a_file_that_crashes_the_interpreter_is_survived(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    content = schema.ModelT.InitFromPackedBuf(bytearray(path.read_bytes()))
    content.subgraphs[0].tensors[0].shape = [1, 6, 8, 3, 7]  # a pool over five dimensions
    builder = schema.flatbuffers.Builder(1024)
    builder.Finish(content.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    coverage = inspect_model(path).delegates
    assert coverage.covered is None
    assert coverage.problem
    assert "not known" in render_text(dataclasses.replace(inspect_model(path), delegates=coverage))


def test_coverage_is_what_lies_between_a_delegates_inputs_and_outputs() -> None:
    def operator(index: int, name: str, inputs: list[int], outputs: list[int]) -> dict[str, Any]:
        return {"index": index, "op_name": name, "inputs": inputs, "outputs": outputs}

    operators = [
        operator(0, "CONV_2D", [0, 10], [1]),
        operator(1, "SQUEEZE", [1], [2]),
        operator(2, "ADD", [2, 1], [3]),
        operator(3, "SOFTMAX", [3], [4]),
        operator(4, "DELEGATE", [0, 10], [1]),
        operator(5, "DELEGATE", [2, 1], [4]),
    ]
    assert covered_operators(operators) == [0, 2, 3]


def test_inspect_needs_no_tensorflow(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    code = f"from converter.cli import main\nraise SystemExit(main(['inspect', {str(path)!r}]))"
    done = run_without(("tensorflow", "keras", "jinja2", "tqdm"), code)
    assert done.returncode == 0, done.stderr
    assert "SOFTMAX" in done.stdout


def test_a_run_folder_named_inspect_is_reached_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "inspect").mkdir()
    command = [*console_script("edge-convert"), "./inspect", "--out", "m.tflite"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "training.json" in done.stderr
