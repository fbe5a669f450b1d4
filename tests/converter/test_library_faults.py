"""Whatever a library raises, wherever: one line of some 300 characters, a report, and no call for a bug report."""

import json
import struct
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from small_run import write_color_images
from stranger_models import color_model, write_float_tflite, write_labels, write_saved_model

from converter.cli import main
from converter.errors import first_line, library_failures
from edge_runtime.errors import ImageError

pytestmark = pytest.mark.tensorflow

LONGEST_LINE = 330  # some 300 characters beside the command's name

CONVERTER_TEXT = """Could not translate MLIR to FlatBuffer.<unknown>:0: error: loc(fused["Erf:", "Erf@x"]): 'tf.Erf' op
<unknown>:0: note: loc(fused["PartitionedCall:", "PartitionedCall"]): called from
<unknown>:0: error: failed while converting: 'main':
Some ops are not supported by the native TFLite runtime, you can enable TF kernels fallback using TF Select.
TF Select ops: Erf, Betainc
Details:
\ttf.Erf(tensor<1x3xf32>) -> (tensor<1x3xf32>) : {device = ""}
"""
KERAS_TEXT = """Exception encountered when calling Dense.call().

\x1b[1mMatrix size-incompatible: In[0]: [1,4], In[1]: [3,3] [Op:MatMul]\x1b[0m

Arguments received by Dense.call():
  • inputs=tf.Tensor(shape=(1, 4), dtype=float32)"""
USER_CODE_TEXT = """in user code:

    File "/home/me/model.py", line 33, in call  *
        return tf.reshape(x, [7])

    ValueError: Cannot reshape a tensor with 3 elements
"""
SAID = {
    CONVERTER_TEXT: "the model uses tf.Betainc, tf.Erf, which TFLite has no operator for; replace it in the model",
    KERAS_TEXT: "Matrix size-incompatible: In[0]: [1,4], In[1]: [3,3] [Op:MatMul]",
    USER_CODE_TEXT: "Cannot reshape a tensor with 3 elements",
    "": "RuntimeError",
    "x" * 20_000: "x" * 199 + "…",
    "\n\n one \n two": "one",
    "{{function_node __wrapped__Cholesky_device_/CPU:0}} Input is not invertible": "Input is not invertible",
}


@pytest.mark.parametrize(("text", "said"), SAID.items())
def test_the_line_that_tells_is_found(text: str, said: str) -> None:
    assert first_line(RuntimeError(text)) == said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("dtype"), "KeyError 'dtype'"),
        (IndexError(), "IndexError"),
        (MemoryError("Unable to allocate 3 GiB"), "not enough memory (Unable to allocate 3 GiB)"),
        (MemoryError(), "not enough memory (MemoryError)"),
    ],
)
def test_errors_whose_text_says_little_have_their_name(error: Exception, said: str) -> None:
    assert first_line(error) == said


def test_our_own_errors_and_ctrl_c_pass_as_they_are() -> None:
    for error in (ImageError("a.png: cannot decode"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, library_failures("x"):
            raise error
        assert caught.value is error


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with images and labels, so that paths are short."""
    folder = tmp_path_factory.getbasetemp() / "library faults"
    if not folder.exists():
        folder.mkdir()
        write_labels(folder / "labels.txt")
        write_color_images(folder / "train", 4, seed=1)
        write_color_images(folder / "eval", 5, seed=2)
        color_model().save(folder / "m.keras")
        write_saved_model(folder / "saved")
        write_float_tflite(folder / "m.tflite")
    monkeypatch.chdir(folder)
    for path in folder.glob("o.*"):
        path.unlink()
    return folder


def errors() -> dict[str, BaseException]:
    import tensorflow as tf
    from tensorflow.lite.python.convert_phase import ConverterError

    return {
        "20 kB": RuntimeError("Node number 3 (CONV_2D) failed to prepare. " * 500),
        "no text": RuntimeError(),
        "TensorFlow": tf.errors.InvalidArgumentError(None, None, KERAS_TEXT),
        "its converter": ConverterError(CONVERTER_TEXT),
        "flatbuffers": struct.error("unpack_from requires a buffer of at least 78 bytes"),
        "an index": IndexError("list index out of range"),
        "memory": MemoryError(),
        "a kind of its own": type("OddError", (Exception,), {})("odd"),
    }


EVERYWHERE = ("20 kB", "a kind of its own")
"""Errors that are tried at every place; the others at one, since one function shortens all."""
PLACES = {
    "Keras loads": ("m.keras", "keras.models:load_model"),
    "Keras predicts": ("m.keras", "keras:Model.predict_on_batch"),
    "Keras exports": ("m.keras", "keras:Model.export"),
    "the graph of a SavedModel is loaded": ("saved", "tensorflow:graph_util.import_graph_def"),
    "the variables of a SavedModel are read": ("saved", "tensorflow:raw_ops.RestoreV2"),
    "a SavedModel is saved": ("saved", "tensorflow:saved_model.save"),
    "a .tflite is read": ("m.tflite", "converter.models.tflite:unpack_model"),
    "a .tflite is loaded": ("m.tflite", "converter.models.tflite:Interpreter"),
    "TensorFlow converts": ("m.keras", "tensorflow:lite.TFLiteConverter.from_saved_model"),
    "TensorFlow quantizes": ("m.keras", "tensorflow.lite.python.convert:mlir_quantize"),
    "litert-quantizer quantizes": ("m.tflite", "litert_quantizer.quantizer:Quantizer.quantize"),
    "TensorFlow calibrates a .tflite": ("m.tflite", "tensorflow.lite.python.optimize.calibrator:Calibrator.calibrate"),
    "flatbuffers writes": ("m.keras", "flatbuffers:Builder.Finish"),
    "the interpreter runs": ("m.keras", "ai_edge_litert.interpreter:Interpreter.invoke"),
    "the report is drawn": ("m.keras", "jinja2:Template.render"),
}


ASKED = {"litert-quantizer quantizes": ("--quantize", "dynamic")}
"""What leads to a place beyond MODEL."""


def arguments(model: str, *more: str) -> list[str]:
    said = ["--labels", "labels.txt", "--normalization", "-1..1", "--out", "o.tflite", "--max-drop", "100"]
    recipe = [] if "--quantize" in more else ["--quantize", "int8"]
    return [model, *said, "--calibration-data", "train", "--eval-data", "eval", *recipe, *more]


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def break_at(monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException) -> str:
    """Makes a library raise ``error``; returns MODEL that leads there."""
    model, target = PLACES[place]
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    monkeypatch.setattr(reduce(getattr, owners, import_module(module)), name, raising(error))
    return model


_QUICK = (
    "Keras loads", "a SavedModel is saved", "a .tflite is read", "TensorFlow converts", "TensorFlow quantizes",
    "the interpreter runs",
)  # fmt: skip


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=() if place in _QUICK else pytest.mark.slow) for place in PLACES]
)
def test_whatever_a_library_raises_is_one_line_and_leaves_no_model(
    place: str, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, error in errors().items():
        if name not in EVERYWHERE and place != "TensorFlow converts":
            continue
        model = break_at(monkeypatch, place, error)
        capfd.readouterr()
        assert main(arguments(model, *ASKED.get(place, ()))) == 1, name
        lines = capfd.readouterr().err.splitlines()
        assert all(line.startswith("edge-convert: ") for line in lines), (name, lines)
        assert len(lines[-1]) <= LONGEST_LINE, (name, lines[-1])
        assert "unexpected" not in lines[-1], (name, lines[-1])
        assert not (folder / "o.tflite").exists()


@pytest.mark.parametrize(
    "place",
    [pytest.param("TensorFlow converts", marks=pytest.mark.slow), "TensorFlow quantizes", "the interpreter runs"],
)
def test_ctrl_c_is_no_failure(
    place: str, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = break_at(monkeypatch, place, KeyboardInterrupt())
    assert main(arguments(model)) == 130
    assert not list(folder.glob("o.*"))


def test_debug_has_the_whole_text(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, "TensorFlow quantizes", errors()["its converter"])
    assert main(arguments("m.keras", "--log-level", "debug")) == 1
    assert 'tf.Erf(tensor<1x3xf32>) -> (tensor<1x3xf32>) : {device = ""}' in capfd.readouterr().err


def test_a_recipe_that_fails_leaves_a_report(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, "TensorFlow quantizes", RuntimeError("no such operator"))
    assert main(arguments("m.keras")) == 1
    stdout, stderr = capfd.readouterr()
    line = stderr.splitlines()[-1]
    said = "TensorFlow cannot convert the model to int8: no such operator"
    assert line == f"edge-convert: o.tflite: not written: {said}; see o.report.html"
    report = json.loads((folder / "o.report.json").read_text())
    assert (report["failure"], report["chosen"], report["candidates"]) == (said, None, [])
    assert report["float32"]["gate"]["drop_pp"] == 0
    page = (folder / "o.report.html").read_text()
    assert '<p class="verdict bad">Failed</p>' in page
    assert said in page
    assert stdout == ""


def test_a_float_file_that_cannot_be_made_leaves_a_report(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, "TensorFlow converts", RuntimeError("no such operator"))
    assert main(arguments("m.keras", "--quantize", "auto")) == 1
    report = json.loads((folder / "o.report.json").read_text())
    assert report["failure"] == "TensorFlow cannot convert the model to float32: no such operator"
    assert (report["float32"], report["evaluation"]) == (None, None)
    assert "no such operator" in (folder / "o.report.html").read_text()
    assert "no such operator; see o.report.html" in capfd.readouterr().err


def test_rungs_that_fail_are_rows_and_another_file_is_delivered(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, "TensorFlow quantizes", IndexError("list index out of range"))
    assert main(arguments("m.keras", "--quantize", "auto")) == 0
    report = json.loads((folder / "o.report.json").read_text())
    outcomes = {step["rung"]: step["outcome"] for step in report["steps"]}
    assert outcomes["int8"] == "TensorFlow cannot convert the model to int8: IndexError list index out of range"
    assert outcomes["float16"] == "passed"
    assert report["chosen"]["recipe"] != "int8"
    assert (folder / "o.tflite").is_file()


@pytest.mark.slow  # rungs that fail are rows above
def test_a_repair_that_fails_is_a_row(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "converter.quantize.repairs.calibrated.correct_biases", raising(AttributeError("no output_names"))
    )
    monkeypatch.setattr("converter.search.ladder.is_slower", lambda _: False)
    monkeypatch.setattr("converter.search.layers._errors", raising(KeyError("tensor_name")))
    broken = arguments("m.keras", "--quantize", "auto", "--max-drop", "0", "--min-agreement", "100")
    monkeypatch.setattr("converter.judge.gate._broken_limits", lambda *_: {"class": "it was told to"})
    assert main(broken) == 3
    report = json.loads((folder / "o.report.json").read_text())
    outcomes = [step["outcome"] for step in report["steps"]]
    assert "the file cannot be made: AttributeError no output_names" in outcomes
    assert "the layers cannot be ranked: KeyError 'tensor_name'" in outcomes


@pytest.mark.slow  # a rung that fails is a row, too
def test_a_sweep_that_fails_costs_no_file(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.quantize.TensorFlowConversion.convert_anew", raising(RuntimeError("odd")))
    assert main(arguments("m.keras", "--calibration-sweep")) == 0
    assert "edge-convert: the file cannot be made: odd: the sweep is left out" in capfd.readouterr().err
    assert json.loads((folder / "o.report.json").read_text())["sweep"] == []


@pytest.mark.slow  # test_delivery.py refuses targets
def test_where_no_recipe_can_be_made_for_the_target_the_first_reason_is_said(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, "TensorFlow quantizes", RuntimeError("no such operator"))
    assert main(arguments("m.keras", "--quantize", "auto", "--target", "micro")) == 1
    line = capfd.readouterr().err.splitlines()[-1]
    said = "int8: TensorFlow cannot convert the model to int8: no such operator"
    assert f"not written: no file could be made that target micro takes: {said}; see o.report.html" in line
    report = json.loads((folder / "o.report.json").read_text())
    assert len(report["steps"]) > 1
