"""What is done to a model before quantizing: equal outputs, equal ranges, a mean that rounding shifts no more."""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

SIDE = 8


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (32, SIDE, SIDE, 3)).astype(np.float32)


def separable_model(activation: str, *, seed: int = 1, norm: bool = True) -> Any:
    """Two depthwise separable blocks whose channels differ in range by a hundred, as in MobileNet."""
    import keras

    generator = np.random.default_rng(seed)
    image = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.Conv2D(8, 3, padding="same", use_bias=not norm)(image)
    for number in range(2):
        values = keras.layers.BatchNormalization()(values) if norm else values
        values = keras.layers.ReLU(6.0 if activation == "relu6" else None, name=f"relu{number}")(values)
        values = keras.layers.ZeroPadding2D(1)(values)
        values = keras.layers.DepthwiseConv2D(3, use_bias=not norm)(values)
        values = keras.layers.BatchNormalization()(values) if norm else values
        values = keras.layers.ReLU(6.0 if activation == "relu6" else None)(values)
        values = keras.layers.Conv2D(8, 1, use_bias=not norm)(values)
    scores = keras.layers.Dense(4, activation="softmax")(keras.layers.GlobalAveragePooling2D()(values))
    model = keras.Model(image, scores)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            channels = layer.gamma.shape[0]
            layer.gamma.assign(10 ** generator.uniform(-1, 1, channels))
            layer.beta.assign(generator.uniform(0, 0.5, channels))
            layer.moving_variance.assign(generator.uniform(0.5, 2, channels))
        elif layer.weights:
            layer.set_weights([generator.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
    return model


def flat_copy(model: Any) -> Any:
    from converter.quantize.weights import flatten

    return flatten(model)


def batches(pixels: np.ndarray) -> list[np.ndarray]:
    return [pixels[:20], pixels[20:]]


def peaks(model: Any, layer: str, pixels: np.ndarray) -> np.ndarray:
    import keras

    probe = keras.Model(model.input, model.get_layer(layer).output)
    return np.asarray(probe.predict_on_batch(pixels)).max(axis=(0, 1, 2))


@pytest.mark.parametrize("activation", ["relu", "relu6"])
@pytest.mark.parametrize("norm", [True, False], ids=["with normalisation", "with biases"])
def test_equalisation_keeps_what_the_model_computes_and_evens_the_ranges(
    pixels: np.ndarray, activation: str, norm: bool
) -> None:
    from converter.quantize.weights.equalization import MAX_SCALE, equalize

    flat = flat_copy(separable_model(activation, norm=norm))
    model = flat.model
    before = model.predict_on_batch(pixels)
    old = peaks(model, "relu0", pixels)
    assert equalize(flat, batches(pixels)) == 4
    np.testing.assert_allclose(model.predict_on_batch(pixels), before, atol=1e-5)
    new = peaks(model, "relu0", pixels)
    assert (new >= old - 1e-6).all()
    assert new.max() == pytest.approx(old.max(), rel=1e-5)  # nothing leaves the widest channel's range
    alive = old > old.max() / MAX_SCALE
    np.testing.assert_allclose(new[alive], old.max(), rtol=1e-4)


def test_relu6_saturates_beyond_the_calibrated_range_and_nowhere_else(pixels: np.ndarray) -> None:
    from converter.quantize.weights.equalization import equalize

    model, flat = separable_model("relu6"), flat_copy(separable_model("relu6"))
    equalize(flat, batches(pixels))
    scaled = flat.model
    unseen = np.random.default_rng(9).uniform(-1, 1, (50, SIDE, SIDE, 3)).astype(np.float32)
    assert np.abs(model.predict_on_batch(unseen) - scaled.predict_on_batch(unseen)).mean() < 0.02
    assert np.abs(model.predict_on_batch(5 * unseen) - scaled.predict_on_batch(5 * unseen)).max() > 1e-4


def with_rounded_weights(model: Any) -> Any:
    """A copy whose convolutions hold what 8-bit weights stand for."""
    import keras

    from converter.quantize.weights.bias_correction import rounded_to_int8

    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            layer.kernel.assign(rounded_to_int8(np.asarray(layer.kernel), (0, 1)))
        elif isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(rounded_to_int8(np.asarray(layer.kernel), (0, 1, 2)))
    return copy


@pytest.mark.parametrize("norm", [True, False], ids=["with normalisation", "with biases"])
def test_bias_correction_takes_back_the_mean_shift_of_rounding(pixels: np.ndarray, norm: bool) -> None:
    import keras

    from converter.quantize.weights.bias_correction import correct_biases

    model = separable_model("relu", norm=norm)
    flat = flat_copy(model)
    corrected = flat.model
    assert correct_biases(flat, batches(pixels)) == (4 if norm else 5)  # the last has no normalisation
    first = next(layer.name for layer in model.layers if layer.name.startswith("batch_norm" if norm else "conv2d"))
    position = [layer.name for layer in model.layers].index(first)

    def mean_of_first(of: Any) -> np.ndarray:
        probe = keras.Model(of.input, of.layers[position].output)
        return np.asarray(probe.predict_on_batch(pixels)).mean(axis=(0, 1, 2))

    shift = np.abs(mean_of_first(with_rounded_weights(model)) - mean_of_first(model)).max()
    left = np.abs(mean_of_first(with_rounded_weights(corrected)) - mean_of_first(model)).max()
    assert shift > 1e-4
    assert left < 0.02 * shift


def test_a_model_without_such_layers_says_why(pixels: np.ndarray) -> None:
    import keras

    from converter.errors import NotApplicableError
    from converter.quantize.weights.bias_correction import correct_biases
    from converter.quantize.weights.equalization import equalize

    image = keras.Input((SIDE, SIDE, 3))
    dense = keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(image)))
    with pytest.raises(NotApplicableError, match="no convolution with ReLU or ReLU6 feeds just one other convolution"):
        equalize(flat_copy(dense), [pixels])
    with pytest.raises(NotApplicableError, match="no convolution has a bias"):
        correct_biases(flat_copy(dense), [pixels])


def test_a_nested_model_is_repaired_as_its_layers_are_alone(pixels: np.ndarray) -> None:
    import keras

    from converter.quantize.weights.prepare import prepare_copy

    alone = separable_model("relu6")
    image = keras.Input((SIDE, SIDE, 3))
    nested = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.Model(image, alone(image))])
    steps = ("equalized", "bias-corrected")
    repaired = [prepare_copy(model, steps, lambda: iter(pixels[:, None])) for model in (alone, nested)]
    np.testing.assert_array_equal(*(model.predict_on_batch(pixels) for model in repaired))
    assert any(
        (ours != theirs).any() for ours, theirs in zip(repaired[1].get_weights(), nested.get_weights(), strict=True)
    )


def test_a_shared_layer_keeps_its_weights_and_the_model_what_it_computes(pixels: np.ndarray) -> None:
    import keras

    from converter.quantize.weights.equalization import equalize

    image = keras.Input((SIDE, SIDE, 3))
    widen = keras.layers.Conv2D(4, 1, activation="relu")(image)
    shared = keras.layers.Conv2D(4, 1, activation="relu", name="shared")
    twice = shared(shared(widen))
    plain = keras.layers.Conv2D(4, 1, activation="relu")(keras.layers.Conv2D(4, 1, activation="relu")(image))
    both = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([twice, plain]))
    flat = flat_copy(keras.Model(image, keras.layers.Dense(3)(both)))
    before, kept = flat.model.predict_on_batch(pixels), flat.model.get_layer("shared").get_weights()
    assert equalize(flat, [pixels]) == 1  # of the plain branch; what meets the shared layer has its weights twice
    np.testing.assert_allclose(flat.model.predict_on_batch(pixels), before, atol=1e-5)
    for now, then in zip(flat.model.get_layer("shared").get_weights(), kept, strict=True):
        np.testing.assert_array_equal(now, then)


def test_what_an_operator_takes_beside_a_convolution_is_not_scaled(pixels: np.ndarray) -> None:
    """``keras.ops`` called on a layer's output is no layer: it counts as one who takes it all the same."""
    import keras

    from converter.quantize.weights.equalization import equalize

    image = keras.Input((SIDE, SIDE, 3))
    first = keras.layers.Conv2D(4, 1, activation="relu")(image)
    second = keras.layers.Conv2D(4, 1, activation="relu")(first)
    third = keras.layers.Conv2D(4, 1, activation="relu")(second * 2.0 + first)
    scores = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1)(third)))
    flat = flat_copy(keras.Model(image, scores))
    before = flat.model.predict_on_batch(pixels)
    assert equalize(flat, [pixels]) == 1  # third to the last
    np.testing.assert_allclose(flat.model.predict_on_batch(pixels), before, atol=1e-5)


def test_a_bias_is_not_corrected_behind_an_activation(pixels: np.ndarray) -> None:
    """The mean shift of a convolution is not that of what ReLU makes of it."""
    import keras

    from converter.errors import NotApplicableError
    from converter.quantize.weights.bias_correction import correct_biases

    image = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.Conv2D(4, 1, use_bias=False, activation="relu")(image)
    scores = keras.layers.GlobalAveragePooling2D()(keras.layers.BatchNormalization()(values))
    with pytest.raises(NotApplicableError, match="no convolution has a bias"):
        correct_biases(flat_copy(keras.Model(image, scores)), [pixels])


def test_hard_swish_is_not_equalised(pixels: np.ndarray) -> None:
    import keras

    from converter.errors import NotApplicableError
    from converter.quantize.weights.equalization import find_links

    image = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.Activation("hard_swish")(keras.layers.Conv2D(4, 3)(image))
    scores = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1)(values))
    with pytest.raises(NotApplicableError):
        find_links(flat_copy(keras.Model(image, scores)))


def test_the_copy_that_is_repaired_normalises_as_the_model_does(pixels: np.ndarray) -> None:
    import keras

    from converter.quantize.weights.prepare import prepare_copy

    image = keras.Input((SIDE, SIDE, 3))
    normalization = keras.layers.Normalization()
    normalization.adapt(5 + 3 * pixels)
    scores = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(normalization(image)))
    model = keras.Model(image, scores)
    copy = prepare_copy(model, (), lambda: iter(()))
    np.testing.assert_array_equal(copy.predict_on_batch(pixels), model.predict_on_batch(pixels))
