"""Bias correction of a finished file: the means of its layers are the float model's, and nothing else changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from float_files import SIDE, Images, float_file, pixels, separable_model, start, tapped

from converter.errors import NotApplicableError
from converter.quantize import INT8, MIXED, Edges, TFLiteConversion, Variant
from converter.tflite.packing import pack_model
from edge_runtime.contracts.preprocessing import PreprocessSpec

pytestmark = pytest.mark.tensorflow

IMAGES = pixels()
FLOAT_EDGES = Edges("float32", "float32")
PLAIN = Variant(INT8, FLOAT_EDGES)
CORRECTED = Variant(INT8, FLOAT_EDGES, ("bias-corrected",))


def network(content: bytes) -> Any:
    from converter.quantize.repairs.weighted_graph import WeightedGraph

    return WeightedGraph(content)


def shifts(original: bytes, finished: bytes, values: np.ndarray = IMAGES) -> list[float]:
    """By how much the mean of each layer's channels is off, at the worst channel, relative to the largest mean."""
    before, after = network(original), network(finished)
    assert len(before.layers) == len(after.layers)
    worst = []
    for float_layer, layer in zip(before.layers, after.layers, strict=True):
        wanted = tapped(original, IMAGES, float_layer.result)
        found = tapped(finished, values, layer.result)
        axes = tuple(range(wanted.ndim - 1))
        worst.append(float(np.abs(found.mean(axis=axes) - wanted.mean(axis=axes)).max() / np.abs(wanted).max()))
    return worst


@pytest.fixture(scope="module")
def conversion() -> Any:
    return start(separable_model("relu"))


@pytest.fixture(scope="module")
def original(conversion: Any) -> bytes:
    return bytes(conversion._float32())


def test_the_means_of_all_layers_come_back(conversion: Any, original: bytes) -> None:
    plain, corrected = (conversion.convert(each, Images(IMAGES)) for each in (PLAIN, CORRECTED))
    before, after = shifts(original, plain), shifts(original, corrected)
    assert len(after) == 6
    assert max(before) > 0.005
    assert max(after) < 0.4 * max(before)


def test_nothing_but_biases_changes(conversion: Any) -> None:
    plain, corrected = (conversion.convert(each, Images(IMAGES)) for each in (PLAIN, CORRECTED))
    assert len(pack_model(plain, b"")) == len(pack_model(corrected, b""))
    before, after = network(plain), network(corrected)
    for old, new in zip(before.layers, after.layers, strict=True):
        np.testing.assert_array_equal(before.numbers(old.weights), after.numbers(new.weights))
        assert (before.numbers(old.bias) != after.numbers(new.bias)).any()
    assert [list(each.inputs) for each in before.graph.operators] == [
        list(each.inputs) for each in after.graph.operators
    ]


def test_a_tflite_is_corrected_as_the_model_it_was_made_of(conversion: Any, original: bytes) -> None:
    variants = (PLAIN, CORRECTED)
    of_keras = [conversion.convert(each, Images(IMAGES)) for each in variants]
    of_file = [TFLiteConversion(original).convert(each, Images(IMAGES)) for each in variants]
    for ours, theirs in zip(of_keras, of_file, strict=True):
        a, b = network(ours), network(theirs)
        for one, other in zip(a.layers, b.layers, strict=True):
            np.testing.assert_array_equal(a.numbers(one.bias), b.numbers(other.bias))


@pytest.mark.parametrize("edge", ["uint8", "int8"])
@pytest.mark.parametrize(("mean", "std"), [((127.5,), (127.5,)), ((120.0, 110.0, 100.0), (60.0, 90.0, 120.0))])
def test_a_file_that_takes_bytes_is_fed_with_pixels(
    edge: Any, mean: Any, std: Any, conversion: Any, original: bytes
) -> None:
    """Also where an operator of the file normalises: then no float layer stands for its first one."""
    bytes_ = np.random.default_rng(3).integers(0, 256, IMAGES.shape).astype(np.float32)
    spec = PreprocessSpec(SIDE, SIDE, mean=mean, std=std)
    inputs = ((bytes_ - np.float32(mean)) / np.float32(std)).astype(np.float32)
    conversion = TFLiteConversion(original)
    plain, corrected = (
        conversion.convert(Variant(INT8, Edges(edge, "float32"), steps, preprocessing=spec), Images(inputs))
        for steps in ((), ("bias-corrected",))
    )
    fed = bytes_ if len(mean) > 1 else inputs
    last = network(original).layers[-1].result
    wanted = tapped(original, inputs, last).mean(axis=0)
    before, after = (tapped(each, fed, network(each).layers[-1].result).mean(axis=0) for each in (plain, corrected))
    assert np.abs(after - wanted).max() < 0.6 * np.abs(before - wanted).max()


def test_layers_that_stayed_in_float32_keep_their_bias(conversion: Any) -> None:
    tensors = network(conversion.convert(PLAIN, Images(IMAGES))).graph.tensors
    calibrated = network(conversion._calibrate_once(Images(IMAGES)).content)
    kept = calibrated.graph.tensors[calibrated.layers[1].result].name.decode()
    assert kept.encode() in {tensor.name for tensor in tensors}
    mixed = Variant(MIXED, FLOAT_EDGES, ("bias-corrected",), float_layers=(kept,))
    found = network(conversion.convert(mixed, Images(IMAGES)))
    kinds = {found.numbers(layer.weights).dtype.name for layer in found.layers}
    assert kinds == {"float32", "int8"}
    for layer in found.layers:
        if found.numbers(layer.weights).dtype == np.float32:
            np.testing.assert_array_equal(found.numbers(layer.bias), calibrated.numbers(calibrated.layers[1].bias))


def test_where_all_layers_stay_in_float32_there_is_nothing_to_correct(conversion: Any) -> None:
    calibrated = network(conversion._calibrate_once(Images(IMAGES)).content)
    names = tuple(calibrated.graph.tensors[layer.result].name.decode() for layer in calibrated.layers)
    mixed = Variant(MIXED, FLOAT_EDGES, ("bias-corrected",), float_layers=names)
    kinds = {found.dtype.name for found in weights_of(conversion.convert(mixed, Images(IMAGES)))}
    assert kinds == {"float32"}


def weights_of(content: bytes) -> list[np.ndarray]:
    found = network(content)
    return [found.numbers(layer.weights) for layer in found.layers]


def test_a_layer_that_is_called_twice_has_a_bias_for_each_call() -> None:
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    shared = keras.layers.Conv2D(3, 3, activation="relu", name="shared", kernel_initializer="random_normal")
    values = shared(shared(image))
    conversion = start(keras.Model(image, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(values))))
    found = network(conversion.convert(CORRECTED, Images(IMAGES)))
    first, second = found.layers[:2]
    assert (found.numbers(first.bias) != found.numbers(second.bias)).any()
    shift = shifts(conversion._float32(), found.to_bytes())
    assert max(shift) < 0.01


def test_a_dense_layer_without_a_bias_gets_one() -> None:
    import keras

    keras.utils.set_random_seed(4)
    image = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.Conv2D(32, 3, activation="relu")(image)
    scores = keras.layers.Dense(3, use_bias=False)(keras.layers.GlobalAveragePooling2D()(values))
    conversion = start(keras.Model(image, scores))
    original = conversion._float32()
    plain, corrected = (conversion.convert(each, Images(IMAGES)) for each in (PLAIN, CORRECTED))
    assert network(original).layers[-1].bias is None
    assert shifts(original, corrected)[-1] < 0.5 * shifts(original, plain)[-1]


def test_the_images_are_as_many_as_memory_holds(conversion: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from converter.quantize.repairs import bias_correction

    found = network(conversion.convert(PLAIN, Images(IMAGES)))
    sides = [found.shape(int(tensor)) for each in found.graph.operators for tensor in each.outputs]
    largest = max(int(np.prod(shape)) for shape in sides)
    assert largest == SIDE**2 * 8  # one byte each
    assert bias_correction.images_for(found) == bias_correction.MOST_IMAGES == 100
    monkeypatch.setattr(bias_correction, "HELD_BYTES", 2 * largest * 20)
    assert bias_correction.images_for(found) == 20
    monkeypatch.setattr(bias_correction, "HELD_BYTES", 1)
    assert bias_correction.images_for(found) == bias_correction.FEWEST_IMAGES
    read = []

    def inputs() -> Any:
        for image in Images(IMAGES)():
            read.append(image)
            yield image

    corrected = bias_correction.correct_biases(conversion._float32(), found.to_bytes(), inputs(), lambda values: values)
    assert len(read) == bias_correction.FEWEST_IMAGES
    assert corrected != found.to_bytes()


def test_a_file_without_8_bit_weights_says_so(original: bytes) -> None:
    from converter.quantize.repairs.bias_correction import correct_biases

    with pytest.raises(NotApplicableError, match="no layer has weights in 8 bits"):
        correct_biases(original, original, Images(IMAGES)(), lambda values: values)


def test_weights_that_stand_for_no_float_layer_are_left_alone(conversion: Any, original: bytes) -> None:
    from converter.quantize.repairs.bias_correction import match_layers

    other = float_file(separable_model("relu", seed=2))
    finished = conversion.convert(PLAIN, Images(IMAGES))
    assert len(match_layers(network(original), network(finished))) == 6
    assert match_layers(network(other), network(finished)) == []


@pytest.mark.slow  # converts twice
def test_a_nested_model_is_repaired_as_its_layers_are_alone(tmp_path: Path) -> None:
    import keras

    alone = separable_model("relu6")
    image = keras.Input((SIDE, SIDE, 3))
    nested = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.Model(image, alone(image))])
    repaired = Variant(INT8, FLOAT_EDGES, ("equalized", "bias-corrected"), "chosen")
    ours, theirs = (network(start(model).convert(repaired, Images(IMAGES))) for model in (alone, nested))
    for one, other in zip(ours.layers, theirs.layers, strict=True):
        np.testing.assert_array_equal(ours.numbers(one.weights), theirs.numbers(other.weights))
        np.testing.assert_array_equal(ours.numbers(one.bias), theirs.numbers(other.bias))
