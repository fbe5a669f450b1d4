"""Equalisation of a float .tflite: the same answers, equal ranges, and nothing scaled that may not be."""

import logging
from typing import Any

import numpy as np
import pytest
from float_files import SIDE, Images, float_file, pixels, scores, separable_model, tapped

pytestmark = pytest.mark.tensorflow

IMAGES = pixels()


def links_of(content: bytes) -> Any:
    from converter.quantize.repairs.equalization import find_links
    from converter.quantize.repairs.network import Network

    return find_links(Network(content))


def equalized(content: bytes) -> bytes:
    from converter.quantize.repairs.equalization import equalize

    return equalize(content, Images(IMAGES)())


def peaks(content: bytes, tensor: int) -> np.ndarray:
    return np.abs(tapped(content, IMAGES, tensor)).max(axis=(0, 1, 2))


@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_it_keeps_what_the_model_computes_and_evens_the_ranges(activation: str) -> None:
    from converter.quantize.repairs.equalization import MAX_SCALE

    before = float_file(separable_model(activation))
    after, links = equalized(before), links_of(before)
    assert [link.consumer.is_depthwise for link in links] == [True, False, True, False, False]
    np.testing.assert_allclose(scores(after, IMAGES), scores(before, IMAGES), atol=1e-5)
    assert len(after) == len(before)
    old, new = peaks(before, links[0].activation), peaks(after, links[0].activation)
    assert (new >= old - 1e-6).all()
    assert new.max() == pytest.approx(old.max(), rel=1e-5)  # nothing leaves the widest channel's range
    alive = old > old.max() / MAX_SCALE
    assert old[alive].min() < 0.5 * old.max()
    np.testing.assert_allclose(new[alive], old.max(), rtol=1e-4)


def test_relu6_saturates_beyond_the_calibrated_range_and_nowhere_else() -> None:
    before = float_file(separable_model("relu6"))
    after, unseen = equalized(before), pixels(50, seed=9)
    assert np.abs(scores(before, unseen) - scores(after, unseen)).mean() < 0.02
    assert np.abs(scores(before, 5 * unseen) - scores(after, 5 * unseen)).max() > 1e-4


@pytest.mark.parametrize(
    ("found", "exponent", "expected"),
    [
        ([8.0, 2.0, 0.0, 0.001], 1.0, [1, 4, 1, 64]),
        ([8.0, 2.0, 0.0, 0.001], 0.5, [1, 2, 1, 64]),
        ([0.0, 0.0], 1.0, [1, 1]),
    ],
)
def test_the_scales_of_channels(found: list[float], exponent: float, expected: list[float]) -> None:
    from converter.quantize.repairs.equalization import channel_scales

    np.testing.assert_allclose(channel_scales(np.array(found, np.float32), exponent), expected)


def model_of(build: Any) -> Any:
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    return keras.Model(image, build(keras.layers, image))


def head(layers: Any, values: Any) -> Any:
    """Scores that no activation before them reaches linearly."""
    return layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.Activation("tanh")(values)))


def convolution(layers: Any, **more: Any) -> Any:
    return layers.Conv2D(4, 1, activation="relu", bias_initializer="random_normal", **more)


def test_a_shared_layer_keeps_its_weights_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def build(layers: Any, image: Any) -> Any:
        shared = convolution(layers, name="shared")
        twice = shared(shared(convolution(layers)(image)))
        plain = convolution(layers)(convolution(layers)(image))
        return head(layers, layers.Add()([twice, plain]))

    before = float_file(model_of(build))
    with caplog.at_level(logging.INFO):
        after = equalized(before)
    assert len(links_of(before)) == 1  # of the plain branch; what meets the shared layer has its weights twice
    np.testing.assert_allclose(scores(after, IMAGES), scores(before, IMAGES), atol=1e-5)
    assert "2 activations of layers that are called twice stay" in caplog.text


def test_what_an_operator_takes_beside_a_convolution_is_not_scaled() -> None:
    def build(layers: Any, image: Any) -> Any:
        first = convolution(layers)(image)
        third = convolution(layers)(convolution(layers)(first) * 2.0 + first)
        return head(layers, layers.Conv2D(4, 1)(third))

    before = float_file(model_of(build))
    assert len(links_of(before)) == 1  # third to the last
    np.testing.assert_allclose(scores(equalized(before), IMAGES), scores(before, IMAGES), atol=1e-5)


def refused(model: Any) -> bool:
    from converter.errors import NotApplicableError

    with pytest.raises(NotApplicableError, match="feeds just one other layer"):
        links_of(float_file(model))
    return True


@pytest.mark.parametrize("between", ["hard_swish", "sigmoid", "elu"])
def test_other_activations_are_not_equalised(between: str) -> None:
    assert refused(
        model_of(
            lambda layers, x: head(layers, layers.Conv2D(4, 1)(layers.Activation(between)(layers.Conv2D(4, 3)(x))))
        )
    )


def test_what_leaves_the_model_or_loses_its_channels_is_not_equalised() -> None:
    assert refused(model_of(lambda layers, x: layers.Flatten()(layers.Conv2D(4, SIDE, activation="relu")(x))))
    flat = model_of(lambda layers, x: layers.Dense(3)(layers.Flatten()(convolution(layers)(x))))
    assert refused(flat)
    assert refused(model_of(lambda layers, x: head(layers, layers.Conv2D(4, 3, groups=2)(convolution(layers)(x)))))
    widened = model_of(
        lambda layers, x: head(layers, layers.DepthwiseConv2D(3, depth_multiplier=2)(layers.Conv2D(4, 1)(x)))
    )
    assert refused(widened)


def test_a_mean_over_channels_mixes_them_though_the_shape_looks_alike() -> None:
    def build(layers: Any, image: Any) -> Any:
        import keras

        values = layers.Conv2D(SIDE, 1, activation="relu")(image)
        return head_of_rows(layers, layers.Dense(3)(keras.ops.mean(values, axis=-1)))

    assert refused(model_of(build))


def head_of_rows(layers: Any, values: Any) -> Any:
    return layers.Dense(3)(layers.GlobalAveragePooling1D()(layers.Activation("tanh")(values)))


@pytest.mark.parametrize("pool", ["MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D"])
def test_channels_stay_apart_in_a_pooling(pool: str) -> None:
    def build(layers: Any, image: Any) -> Any:
        values = getattr(layers, pool)(**({} if "Global" in pool else {"pool_size": 2}))(convolution(layers)(image))
        if len(values.shape) == 2:
            return layers.Dense(3)(values)
        return head(layers, layers.Conv2D(4, 1)(values))

    before = float_file(model_of(build))
    after = equalized(before)
    assert after != before
    np.testing.assert_allclose(scores(after, IMAGES), scores(before, IMAGES), atol=1e-5)
