"""Keras models of all shapes: what the flat copy computes is what the model computes when nobody trains it."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from converter.errors import SourceError

pytestmark = pytest.mark.tensorflow

SIDE = 16


def load(path: Path, **said: Any) -> Any:
    from converter.models.keras import KerasFloatModel
    from edge_runtime.model import UserSays

    return KerasFloatModel.load(path, UserSays(**said), None)


def classifier(front: Callable[[Any], Any], shape: tuple[int | None, ...] = (SIDE, SIDE, 3)) -> Any:
    """``front``, then a small network whose scores lie far apart."""
    import keras

    image = keras.Input(shape, name="picture")
    values = keras.layers.Conv2D(8, 3, activation="relu")(front(image))
    return keras.Model(image, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(values)))


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)


def nested(image: Any) -> Any:
    """Two models of the same inner names, one of them inside a Sequential, the other called twice."""
    import keras

    def make(name: str) -> Any:
        inner = keras.Input((SIDE, SIDE, 3))
        convolution = keras.layers.Conv2D(3, 3, padding="same", name="same", activation="relu")
        return keras.Model(inner, convolution(inner), name=name)

    twice, once = make("twice"), make("once")
    outer = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Conv2D(3, 1, name="same"), once])
    return keras.layers.Add()([twice(twice(image)), outer(image)])


def operators(image: Any) -> Any:
    import keras

    return keras.ops.clip(image / 127.5 - 1.0, -0.5, 0.5)


def layer(name: str, *arguments: Any, **settings: Any) -> Callable[[Any], Any]:
    def call(image: Any) -> Any:
        import keras

        return getattr(keras.layers, name)(*arguments, **settings)(image)

    return call


FRONTS: dict[str, Callable[[Any], Any]] = {
    "nested": nested,
    "operators": operators,
    "RandomFlip": layer("RandomFlip"),
    "RandomCrop": layer("RandomCrop", 12, 12),
    "RandomHue": layer("RandomHue", 0.3),
    "RandomColorDegeneration": layer("RandomColorDegeneration", 0.5),
    "CenterCrop": layer("CenterCrop", 12, 12),
    "Resizing": layer("Resizing", 12, 12),
    "Rescaling": layer("Rescaling", 1 / 127.5, offset=-1),
    "Normalization": layer("Normalization", mean=[100, 110, 120], variance=[50**2, 60**2, 70**2]),
    "Dropout": layer("Dropout", 0.5),
    "GaussianNoise": layer("GaussianNoise", 0.9),
}


_NOT_IN_H5 = ("operators", "RandomColorDegeneration")
"""Keras 3 itself cannot load operators from .h5, nor save that layer to it."""


@pytest.mark.parametrize(
    ("front", "suffix"),
    [
        (front, suffix)
        for front in FRONTS
        for suffix in (".keras", ".h5")
        if suffix == ".keras" or front not in _NOT_IN_H5
    ],
)
def test_a_model_computes_what_it_does_when_nobody_trains_it(front: str, suffix: str, tmp_path: Path) -> None:
    model = classifier(FRONTS[front])
    model.save(tmp_path / f"m{suffix}")
    pixels = noise(4, SIDE, SIDE, 3)
    flat = load(tmp_path / f"m{suffix}")
    expected = np.asarray(model(pixels, training=False))
    assert np.ptp(expected, axis=0).min() > 0
    np.testing.assert_allclose(flat.predict(pixels), expected, rtol=1e-5, atol=1e-4)
    assert not [inner for inner in flat._model.layers if hasattr(inner, "layers")]


def test_augmentation_that_draws_numbers_in_any_case_leaves_none_in_the_file(tmp_path: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    from converter.quantize import FLOAT32, Variant

    classifier(FRONTS["RandomHue"]).save(tmp_path / "m.keras")
    conversion = load(tmp_path / "m.keras").start_conversion(tmp_path / "exported")
    content = conversion.convert(Variant(FLOAT32, FLOAT32.edges()), lambda: iter(()))
    interpreter = Interpreter(model_content=content)
    assert {"VAR_HANDLE", "CALL_ONCE"}.isdisjoint(entry["op_name"] for entry in interpreter._get_ops_details())


def test_mixed_precision_becomes_float32(tmp_path: Path) -> None:
    import keras

    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = classifier(layer("Rescaling", 1 / 255))
        model.save(tmp_path / "m.keras")
    finally:
        keras.mixed_precision.set_global_policy("float32")
    flat, pixels = load(tmp_path / "m.keras"), noise(4, SIDE, SIDE, 3)
    np.testing.assert_allclose(flat.predict(pixels), np.asarray(model(pixels), np.float32), atol=0.02)
    assert {inner.compute_dtype for inner in flat._model.layers} == {"float32"}


@pytest.mark.parametrize(
    ("shape", "seen"),
    [((28, 28), (28, 28, 1)), ((3, 20, 24), (20, 24, 3)), ((1, 20, 24), (20, 24, 1)), ((20, 24, 1), (20, 24, 1))],
)
def test_images_without_channels_or_with_the_channels_first_are_images(
    shape: tuple[int, ...], seen: tuple[int, int, int], tmp_path: Path
) -> None:
    import keras

    image = keras.Input(shape)
    model = keras.Model(image, keras.layers.Dense(4)(keras.layers.Flatten()(image / 255)))
    model.save(tmp_path / "m.keras")
    flat, pixels = load(tmp_path / "m.keras"), noise(3, *seen)
    assert flat.image_shape == seen
    taken = {2: pixels[..., 0], 3: pixels if shape == seen else pixels.transpose(0, 3, 1, 2)}[len(shape)]
    np.testing.assert_allclose(flat.predict(pixels), np.asarray(model(taken)), atol=1e-4)


def test_open_sizes_are_asked_for_and_fixed(tmp_path: Path) -> None:
    model = classifier(lambda image: image, (None, None, 3))
    model.save(tmp_path / "m.keras")
    with pytest.raises(SourceError, match="it takes images of any size; say which with --image-size"):
        load(tmp_path / "m.keras")
    flat, pixels = load(tmp_path / "m.keras", image_size="20x24"), noise(2, 20, 24, 3)
    assert flat.image_shape == (20, 24, 3)
    np.testing.assert_allclose(flat.predict(pixels), np.asarray(model(pixels)), atol=1e-4)


def test_the_scores_among_several_outputs_are_named_or_the_only_row(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import keras

    from edge_runtime.contracts.errors import ContractError

    base = classifier(lambda image: image)
    features = base.layers[1].output
    outputs = {"label": base.output, "map": features, "style": keras.layers.Dense(2)(base.layers[2].output)}
    model = keras.Model({"picture": base.input}, outputs)
    model.save(tmp_path / "m.keras")
    with pytest.raises(ContractError, match=r"say which holds the scores with --output .* label .* style "):
        load(tmp_path / "m.keras")
    with pytest.raises(ContractError, match="no output 'labels'; it has: "):
        load(tmp_path / "m.keras", output="labels")
    pixels = noise(2, SIDE, SIDE, 3)
    expected = model({"picture": pixels})
    for name in ("label", "style"):
        np.testing.assert_allclose(
            load(tmp_path / "m.keras", output=name).predict(pixels), np.asarray(expected[name]), atol=1e-4
        )
    keras.Model(base.input, {"label": base.output, "map": features}).save(tmp_path / "n.keras")
    np.testing.assert_allclose(load(tmp_path / "n.keras").predict(pixels), np.asarray(expected["label"]), atol=1e-4)


def test_scores_with_sides_of_one_are_a_row(tmp_path: Path) -> None:
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(image, keras.layers.GlobalAveragePooling2D(keepdims=True)(keras.layers.Conv2D(5, 3)(image)))
    model.save(tmp_path / "m.keras")
    flat, pixels = load(tmp_path / "m.keras"), noise(2, SIDE, SIDE, 3)
    assert flat.output_shape == (None, 5)
    np.testing.assert_allclose(flat.predict(pixels), np.asarray(model(pixels))[:, 0, 0], atol=1e-4)


def register(kind: type) -> type:
    import keras

    return keras.saving.register_keras_serializable(package="tests")(kind)


def test_registered_code_of_a_user_is_called_as_it_is(tmp_path: Path) -> None:
    import keras

    class Half(keras.layers.Layer):
        def call(self, values: Any, training: bool = True) -> Any:
            return values if training else values * 0.5

    class Whole(keras.Model):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.convolution, self.pool = keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D()

        def call(self, values: Any) -> Any:
            return self.pool(self.convolution(values))

    half, whole = register(Half), register(Whole)
    pixels = noise(2, SIDE, SIDE, 3)
    for model in (classifier(half()), whole()):
        expected = np.asarray(model(pixels, training=False))
        model.save(tmp_path / "m.keras")
        np.testing.assert_allclose(load(tmp_path / "m.keras").predict(pixels), expected, atol=1e-4)


def _twice(values: Any) -> Any:
    return 2 * values


def test_what_cannot_be_loaded_says_in_a_line_what_to_do(tmp_path: Path) -> None:
    import keras

    class Unknown(keras.layers.Layer):
        def call(self, values: Any) -> Any:
            return values

    quantized = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # layers without weights have nothing to quantize
        quantized.quantize("int8")
    never_called = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    for model, message in (
        (
            classifier(Unknown()),
            r"it needs 'Unknown', Python code of its author that is not in the file; in Python, imp",
        ),
        (classifier(keras.layers.Activation(_twice)), r"it needs .*_twice.*, Python code of its author"),
        (classifier(keras.layers.RandomShear(0.1, 0.1)), r"\(layer RandomShear\)$"),
        (quantized, r"its layer 'dense\w*' is quantized by Keras already"),
        (never_called, r"it does not know the shape of its input; call it once on an image, and save it"),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of what was never called
            model.save(tmp_path / "m.keras")
        with pytest.raises(SourceError, match=message) as caught:
            load(tmp_path / "m.keras")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) - len(str(tmp_path)) < 300
