"""The network that is read from a file computes what the interpreter computes, and is written as it was read."""

from pathlib import Path
from typing import Any

import many_operators
import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

OPERATORS = {
    "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN",
    "PAD", "RESHAPE", "CONCATENATION", "LOGISTIC", "HARD_SWISH", "SOFTMAX", "QUANTIZE", "TANH", "LEAKY_RELU",
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    pixels = many_operators.images(16)
    return many_operators.convert(many_operators.build(), pixels, tmp_path_factory.mktemp("operators"))


def interpreter_of(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    return interpreter


def test_each_operator_gives_the_integers_of_the_interpreter_within_one_step(files: tuple[bytes, bytes]) -> None:
    from converter.quantize.distill.network import read_network
    from converter.tflite.graph import operator_names

    network, interpreter = read_network(files[1]), interpreter_of(files[1])
    seen = set()
    for pixels in many_operators.images(4, seed=1):
        steps = network.steps[network.input]
        whole = np.rint(pixels / steps.scale) + steps.zero_point
        interpreter.set_tensor(network.input, np.clip(whole, 0, 255).astype(np.uint8)[None])
        interpreter.invoke()
        real = {
            index: ((interpreter.get_tensor(index).astype(np.float64) - steps.zero_point) * steps.scale).astype("f4")
            for index, steps in network.steps.items()
        }
        for node in network.nodes:
            steps = network.steps[node.output]
            ours = np.asarray(network.compute(node, real, {}))
            assert ours.shape == real[node.output].shape
            name = operator_names()[node.code]
            assert np.abs(ours - real[node.output]).max() < 1.01 * steps.scale, name
            seen.add(name)
    assert seen >= OPERATORS


def test_the_float_file_gives_the_scores_of_its_interpreter(files: tuple[bytes, bytes]) -> None:
    from converter.quantize.distill.network import read_network

    network, interpreter = read_network(files[0]), interpreter_of(files[0])
    pixels = many_operators.images(3, seed=2)
    interpreter.set_tensor(network.input, pixels[1:2])
    interpreter.invoke()
    ours = np.asarray(network.run(pixels, {})[network.output])
    np.testing.assert_allclose(ours[1:2], interpreter.get_tensor(network.output), atol=1e-5)
    assert not network.steps
    assert not network.free


def test_what_was_read_is_written_to_the_same_integers(files: tuple[bytes, bytes]) -> None:
    from converter.quantize.distill.network import read_network, write_network

    network = read_network(files[1])
    own = {place: (layer.weights, layer.bias) for place, layer in network.layers.items()}
    again = write_network(network, own)
    before, after = interpreter_of(files[1]), interpreter_of(again)
    for index in network.constants:
        np.testing.assert_array_equal(before.get_tensor(index), after.get_tensor(index))


def test_written_integers_and_scales_survive(files: tuple[bytes, bytes]) -> None:
    from converter.quantize.distill.network import read_network, write_network

    network = read_network(files[1])
    generator = np.random.default_rng(0)
    whole, biases, wanted = {}, {}, {}
    for place, layer in network.layers.items():
        scales = layer.along_outputs(layer.scales)
        whole[place] = generator.integers(-127, 128, layer.weights.shape)
        biases[place] = generator.integers(-9999, 9999, layer.bias.shape)
        wanted[place] = whole[place] * scales, biases[place] * layer.scales * layer.input_scale
    content = write_network(network, wanted)
    assert abs(len(content) - len(files[1])) < 4096
    interpreter = interpreter_of(content)
    for place, layer in network.layers.items():
        np.testing.assert_array_equal(interpreter.get_tensor(layer.node.inputs[1]), whole[place])
        np.testing.assert_array_equal(interpreter.get_tensor(layer.node.inputs[2]), biases[place])


def test_an_unknown_operator_is_named(tmp_path: Path) -> None:
    import keras

    from converter.errors import NotApplicableError
    from converter.quantize.distill import Settings, distilled

    image = keras.Input((8, 8, 3))
    values = keras.layers.Conv2DTranspose(4, 3)(image)
    scores = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(values))
    pixels = many_operators.images(12)
    float32, int8 = many_operators.convert(keras.Model(image, scores), pixels, tmp_path)
    with pytest.raises(NotApplicableError, match="operator TRANSPOSE_CONV cannot be distilled yet"):
        distilled(int8, float32, lambda: iter(pixels[:, None]), Settings(1.0))
