"""Models of open size, with channels first or several outputs become plain ones with the same answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from converter.tflite import Graph, read_graphs, read_model
from converter.tflite.plain import make_plain
from edge_runtime.model import UserSays, read_model_file

SIZE = (6, 8, 3)


def tflite_of(call: Callable[[Any], Any], shape: tuple[int | None, ...]) -> bytes:
    """A float .tflite that computes ``call``."""
    import tensorflow as tf

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])
        def __call__(self, image: Any) -> Any:
            return call(image)

    model = Model()
    concrete = model.__call__.get_concrete_function()
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete], model).convert())


def run(content: bytes, pixels: np.ndarray) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=content)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, pixels.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, pixels)
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]


def plain(folder: Path, content: bytes, said: UserSays) -> bytes:
    (folder / "m.tflite").write_bytes(content)
    return make_plain(content, read_model_file(folder / "m.tflite", said))


def graph_of(content: bytes) -> Graph:
    return read_graphs(read_model(content, Path("m")), Path("m"))[0]


def open_model() -> bytes:
    """Reads its own shape: rows and columns become one side, whatever their number."""
    import tensorflow as tf

    def call(image: Any) -> Any:
        sides = tf.shape(image)
        rows = tf.reshape(image, [sides[0], sides[1] * sides[2], 3])
        return {"scores": tf.reduce_mean(rows, 1) * tf.cast(sides[1], tf.float32)}

    return tflite_of(call, (None, None, None, 3))


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).random((1, *SIZE), np.float32)


@pytest.mark.tensorflow
def test_an_open_size_is_fixed_and_what_depends_on_it_alone_becomes_constant(
    pixels: np.ndarray, tmp_path: Path
) -> None:
    content = open_model()
    fixed = plain(tmp_path, content, UserSays(image_size="6x8"))
    np.testing.assert_allclose(run(fixed, pixels)[0], run(content, pixels)[0], rtol=1e-6)
    graph = graph_of(fixed)
    assert graph.tensors[graph.inputs[0]].shape == (1, *SIZE)
    assert all(-1 not in tensor.shape for tensor in graph.tensors)
    assert "SHAPE" in [operator.name for operator in graph_of(content).operators]
    assert sorted(operator.name for operator in graph.operators) == ["MEAN", "MUL", "RESHAPE"]


@pytest.mark.tensorflow
def test_an_open_batch_alone_is_fixed_too(pixels: np.ndarray, tmp_path: Path) -> None:
    import tensorflow as tf

    content = tflite_of(lambda image: {"scores": tf.reduce_mean(image, [1, 2])}, (None, *SIZE))
    assert graph_of(content).tensors[0].shape[0] == -1
    fixed = plain(tmp_path, content, UserSays())
    assert all(-1 not in tensor.shape for tensor in graph_of(fixed).tensors)
    np.testing.assert_array_equal(run(fixed, pixels), run(content, pixels))


@pytest.mark.tensorflow
def test_of_several_outputs_one_stays_with_what_it_needs(pixels: np.ndarray, tmp_path: Path) -> None:
    import tensorflow as tf

    content = tflite_of(
        lambda image: {"a": tf.reduce_mean(image, [1, 2]), "b": tf.reduce_max(image, [1, 2]), "c": tf.nn.relu(image)},
        (1, *SIZE),
    )
    named = Interpreter(model_content=content).get_signature_runner()(image=pixels)
    for name in ("a", "b"):
        kept = plain(tmp_path, content, UserSays(output=name))
        np.testing.assert_array_equal(run(kept, pixels), [named[name]])
        assert len(graph_of(kept).operators) == 1


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("image_shape", "model_shape"),
    [((6, 8, 3), (1, 3, 6, 8)), ((6, 8, 1), (1, 6, 8)), ((6, 8, 1), (6, 8)), ((6, 8, 1), (1, 1, 6, 8))],
)
def test_the_image_is_given_as_the_model_takes_it(
    image_shape: tuple[int, int, int], model_shape: tuple[int, ...], tmp_path: Path
) -> None:
    import tensorflow as tf

    content = tflite_of(lambda image: {"scores": tf.reshape(image, [1, -1]) * 2}, model_shape)
    fixed = plain(tmp_path, content, UserSays())
    image = np.random.default_rng(0).random((1, *image_shape), np.float32)
    ordered = image.transpose(0, 3, 1, 2) if len(model_shape) == 4 else image
    np.testing.assert_array_equal(run(fixed, image)[0], ordered.reshape(1, -1) * 2)
