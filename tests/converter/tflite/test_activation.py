"""The softmax or sigmoid that is appended gives what the runtime would have made of the logits."""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from tiny_model import write_tiny_model

from converter.tflite.activation import append_activation
from converter.tflite.packing import unpack_model, write_model
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.inference import activate, dequantize
from edge_runtime.model import read_model_file

PIXELS = np.random.default_rng(0).integers(0, 128, (20, 1, 6, 8, 3))


def raw_outputs(content: bytes) -> np.ndarray:
    """(images, …): what the interpreter gives, as it is."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    image, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    found = []
    for pixels in PIXELS:
        interpreter.set_tensor(image["index"], pixels.astype(image["dtype"]))
        interpreter.invoke()
        found.append(interpreter.get_tensor(scores["index"]))
    return np.stack(found)


def outputs(path: Path, content: bytes) -> tuple[np.ndarray, TensorSpec]:
    """(images, classes) in real numbers, and what the output holds."""
    path.write_bytes(content)
    tensor = read_model_file(path).output
    return dequantize(raw_outputs(content), tensor).reshape(len(PIXELS), -1), tensor


def logits_model(path: Path, dtype: str = "float32") -> bytes:
    """The mean of each channel, some 0 to 16."""
    return write_tiny_model(path, dtype=dtype, activation="none", input_quantization=(1 / 8, 0)).read_bytes()


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("uint8", 1 / 255), ("int8", 1 / 255)])
def test_the_file_gives_the_probabilities(tmp_path: Path, dtype: str, activation: str, tolerance: float) -> None:
    content = logits_model(tmp_path / "m.tflite", dtype)
    logits, _ = outputs(tmp_path / "m.tflite", content)
    found, tensor = outputs(tmp_path / "a.tflite", append_activation(content, activation))
    np.testing.assert_allclose(found, activate(logits, activation), atol=tolerance)
    assert tensor.dtype == dtype
    assert (tensor.scale, tensor.zero_point) == {
        "float32": (0.0, 0), "uint8": (1 / 256, 0), "int8": (1 / 256, -128),
    }[dtype]  # fmt: skip
    assert read_model_file(tmp_path / "a.tflite").ends_in == activation


def test_nothing_is_appended_to_probabilities(tmp_path: Path) -> None:
    content = logits_model(tmp_path / "m.tflite")
    assert append_activation(content, "none") == content


def test_softmax_is_over_the_classes_wherever_they_stand(tmp_path: Path) -> None:
    """Models with channels first end in (1, classes, 1, 1); softmax over the last side would give ones."""
    content = logits_model(tmp_path / "m.tflite")
    model = unpack_model(content)
    model.subgraphs[0].tensors[0].shape = np.array([1, 3, 1, 1], np.int32)
    model.subgraphs[0].operators, model.subgraphs[0].outputs = [], [0]
    appended = append_activation(write_model(model), "softmax")
    (tmp_path / "a.tflite").write_bytes(appended)
    interpreter = Interpreter(model_content=appended)
    interpreter.allocate_tensors()
    logits = np.array([1.0, 2.0, 4.0], np.float32)
    interpreter.set_tensor(0, logits.reshape(1, 3, 1, 1))
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(found, activate(logits[None], "softmax"), atol=1e-6)


def test_signatures_name_the_new_output(tmp_path: Path) -> None:
    from wide_model import write_wide_model

    from converter.models import load_source, open_source
    from converter.quantize import FLOAT32, Variant

    model = load_source(open_source(write_wide_model(tmp_path / "m.tflite", logits=True)), None)
    content = model.start_conversion(tmp_path).convert(Variant(FLOAT32, FLOAT32.edges()), lambda: iter(()))
    runner = Interpreter(model_content=append_activation(content, "softmax")).get_signature_runner()
    pixels = np.random.default_rng(0).uniform(-1, 1, (1, *model.image_shape)).astype(np.float32)
    (found,) = runner(**{next(iter(runner.get_input_details())): pixels}).values()
    np.testing.assert_allclose(found, activate(model.predict(pixels), "softmax"), atol=1e-6)
