"""Models of open size, with channels first or several outputs, as the form that everything else takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from converter.tflite import Graph, read_graphs, read_model
from converter.tflite.canonical import feed_rows_of_pixels, fix_shapes, keep_output
from converter.tflite.packing import unpack_model, write_model

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
def test_an_open_size_is_fixed_and_what_depends_on_it_alone_becomes_constant(pixels: np.ndarray) -> None:
    content = open_model()
    fixed = fix_shapes(content, (1, *SIZE))
    np.testing.assert_allclose(run(fixed, pixels)[0], run(content, pixels)[0], rtol=1e-6)
    graph = graph_of(fixed)
    assert graph.tensors[graph.inputs[0]].shape == (1, *SIZE)
    assert all(-1 not in tensor.shape for tensor in graph.tensors)
    names = [operator.name for operator in graph.operators]
    assert "SHAPE" in [operator.name for operator in graph_of(content).operators]
    assert sorted(names) == ["MEAN", "MUL", "RESHAPE"]


@pytest.mark.tensorflow
def test_of_several_outputs_one_stays_with_what_it_needs(pixels: np.ndarray) -> None:
    import tensorflow as tf

    content = tflite_of(
        lambda image: {"a": tf.reduce_mean(image, [1, 2]), "b": tf.reduce_max(image, [1, 2]), "c": tf.nn.relu(image)},
        (1, *SIZE),
    )
    named = Interpreter(model_content=content).get_signature_runner()(image=pixels)
    for position, expected in enumerate(run(content, pixels)):
        model = unpack_model(content)
        keep_output(model, position)
        kept = write_model(model)
        np.testing.assert_array_equal(run(kept, pixels), [expected])
        assert len(graph_of(kept).operators) == 1
        ((name, found),) = Interpreter(model_content=kept).get_signature_runner()(image=pixels).items()
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(found, named[name])


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("image_shape", "model_shape"),
    [((6, 8, 3), (1, 3, 6, 8)), ((6, 8, 1), (1, 6, 8)), ((6, 8, 1), (6, 8)), ((6, 8, 1), (1, 1, 6, 8))],
)
def test_the_image_is_given_as_the_model_takes_it(
    image_shape: tuple[int, int, int], model_shape: tuple[int, ...]
) -> None:
    import tensorflow as tf

    content = tflite_of(lambda image: {"scores": tf.abs(image)}, model_shape)
    model = unpack_model(content)
    feed_rows_of_pixels(model, image_shape)
    image = np.random.default_rng(0).random((1, *image_shape), np.float32)
    ordered = image.transpose(0, 3, 1, 2) if len(model_shape) == 4 else image
    (found,) = run(write_model(model), image)
    np.testing.assert_array_equal(found, ordered.reshape(model_shape))
