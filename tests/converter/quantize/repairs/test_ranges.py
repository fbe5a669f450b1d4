"""Ranges of activations: each method on values whose best range is known, and the choice between them."""

from typing import Any

import numpy as np
import pytest
from float_files import Images, pixels, separable_model, start, tapped

from converter.quantize import INT8, Edges, Variant
from converter.quantize.repairs.ranges import (
    METHODS,
    Histogram,
    choose_range,
    least_squares,
    min_max,
    octav,
    percentile,
    squared_error,
)


def histogram(values: np.ndarray, low: float | None = None, high: float | None = None) -> Histogram:
    low = min(0.0, float(values.min())) if low is None else low
    high = max(0.0, float(values.max())) if high is None else high
    return Histogram(low, high, np.histogram(values, 2048, (low, high))[0].astype(np.float64))


def gauss(count: int = 100_000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def with_outlier(values: np.ndarray, outlier: float) -> np.ndarray:
    return np.append(values, outlier)


def quantized(values: np.ndarray, low: float, high: float) -> np.ndarray:
    step = (high - low) / 255
    zero = np.rint(-low / step)
    return (np.clip(np.rint(values / step) + zero, 0, 255) - zero) * step


def test_min_max_takes_all() -> None:
    assert min_max(histogram(np.array([-2.0, 5.0]))) == (-2.0, 5.0)


def test_percentile_leaves_out_one_in_ten_thousand_at_either_end() -> None:
    low, high = percentile(histogram(np.linspace(-1, 3, 1_000_000)))
    assert low == pytest.approx(-1, abs=0.01)
    assert high == pytest.approx(3, abs=0.01)
    low, high = percentile(histogram(with_outlier(gauss(), 100.0)))
    assert 3.5 < high < 4.5
    assert -4.5 < low < -3.5


@pytest.mark.parametrize("method", [percentile, least_squares, octav, min_max])
def test_what_is_never_negative_keeps_0_as_its_lowest(method: Any) -> None:
    values = np.maximum(gauss(), 0)
    low, high = method(histogram(values))
    assert low == 0
    assert 2 < high <= values.max()
    mirrored_low, mirrored_high = method(histogram(-values))
    assert mirrored_high == 0
    assert mirrored_low == pytest.approx(-high, rel=0.02)


def test_the_squared_error_is_that_of_rounding_and_cutting_off() -> None:
    values = gauss()
    for limits in ((-3.0, 2.0), (0.0, 1.0), (-8.0, 8.0)):
        found = squared_error(histogram(values), limits)
        assert found == pytest.approx(((quantized(values, *limits) - values) ** 2).sum(), rel=0.02)
    assert squared_error(histogram(values), (0.0, 0.0)) == pytest.approx((values**2).sum(), rel=0.01)


def spoiled(seed: int = 0) -> np.ndarray:
    """A million values and one that is far away."""
    return np.append(gauss(1_000_000, seed), 14.0)


def test_the_least_squares_are_those_of_all_pairs_of_ends() -> None:
    given = histogram(spoiled())
    factors = np.linspace(1.0, 0.2, 33)
    best = min(squared_error(given, (low * given.low, high * given.high)) for low in factors for high in factors)
    assert squared_error(given, least_squares(given)) == pytest.approx(best, rel=0.02)
    assert best < 0.8 * squared_error(given, min_max(given))


@pytest.mark.parametrize("values", [spoiled(), np.maximum(spoiled(), 0)], ids=["both ends", "behind a ReLU"])
def test_octav_finds_a_clip_nearly_as_good(values: np.ndarray) -> None:
    given = histogram(values)
    low, high = octav(given)
    assert low == max(given.low, -high)
    assert high < 0.7 * given.high
    assert squared_error(given, (low, high)) < 1.15 * squared_error(given, least_squares(given))


def test_octav_does_not_round_zeros() -> None:
    relu = np.maximum(gauss(seed=4), 0)
    with_more_zeros = np.concatenate([relu, np.zeros(5 * len(relu))])
    assert octav(histogram(with_more_zeros)) == pytest.approx(octav(histogram(relu)), rel=0.01)


def test_the_choice_is_what_one_half_says_of_the_other() -> None:
    flat = np.linspace(0, 1, 10_000)
    halves = histogram(flat, 0, 1), histogram(flat, 0, 1)
    assert choose_range(halves, "chosen") == pytest.approx((0.0, 1.0), abs=0.002)  # nothing is gained by cutting off
    first, second = histogram(spoiled(), -14, 14), histogram(spoiled(1), -14, 14)
    both = Histogram(-14, 14, first.counts + second.counts)
    chosen = choose_range((first, second), "chosen")
    assert chosen in [find(both) for find in METHODS.values()]
    assert chosen[1] < 6
    assert squared_error(both, chosen) < 1.05 * squared_error(both, least_squares(both))


def test_one_image_has_no_second_half() -> None:
    first = histogram(gauss(), -5, 5)
    chosen = choose_range((first, Histogram(-5, 5, np.zeros(2048))), "chosen")
    assert chosen == choose_range((first, first), "chosen")
    assert 3 < chosen[1] <= 5


@pytest.mark.parametrize("name", METHODS)
def test_a_method_sees_all_images(name: str) -> None:
    first, second = histogram(gauss(), -5, 5), histogram(3 * np.abs(gauss(seed=2)).clip(0, 1.6), -5, 5)
    both = Histogram(-5, 5, first.counts + second.counts)
    assert choose_range((first, second), name) == METHODS[name](both) == choose_range((second, first), name)


@pytest.fixture(scope="module")
def conversion() -> Any:
    return start(separable_model("relu"))


def ranges_of(content: bytes) -> dict[str, tuple[float, float]]:
    from converter.tflite.packing import unpack_model

    found = {}
    for tensor in unpack_model(content).subgraphs[0].tensors:
        parameters = tensor.quantization
        if parameters is not None and parameters.scale is not None and len(parameters.scale) == 1:
            scale, zero = float(parameters.scale[0]), int(parameters.zeroPoint[0])
            found[tensor.name.decode()] = (scale * (-128 - zero), scale * (127 - zero))
    return found


@pytest.mark.tensorflow
@pytest.mark.parametrize("ranges", ["percentile", "chosen"])
def test_a_file_has_the_ranges_that_its_images_say(ranges: Any, conversion: Any) -> None:
    images, original = pixels(), conversion._float32()
    content = start_fresh(conversion).convert(Variant(INT8, Edges("float32", "float32"), ranges=ranges), Images(images))
    found, names = ranges_of(content), tensors_of(original)
    inner = [name for name in found if "Relu" in name]
    assert len(inner) == 4
    for name in inner:
        values = tapped(original, images, names.index(name))
        low, high = float(min(0, values.min())), float(values.max())
        halves = histogram(values[::2], low, high), histogram(values[1::2], low, high)
        assert found[name] == pytest.approx(choose_range(halves, ranges), rel=0.02, abs=0.01)


def tensors_of(content: bytes) -> list[str]:
    from converter.tflite.packing import unpack_model

    return [tensor.name.decode() for tensor in unpack_model(content).subgraphs[0].tensors]


def start_fresh(conversion: Any) -> Any:
    """The same model, not calibrated yet."""
    from converter.quantize import TFLiteConversion

    return TFLiteConversion(conversion._float32())


@pytest.mark.tensorflow
def test_what_only_moves_values_keeps_their_scale(conversion: Any) -> None:
    """Else the file would get an operator more that rounds again."""
    from converter.tflite.packing import unpack_model

    counts = {
        name: len(unpack_model(start_fresh(conversion).convert(variant, Images(pixels()))).subgraphs[0].operators)
        for name, variant in (
            ("min-max", Variant(INT8, INT8.edges())),
            ("mse", Variant(INT8, INT8.edges(), ranges="mse")),
        )
    }
    assert counts["min-max"] == counts["mse"]


def test_the_name_tells_the_ranges() -> None:
    variant = Variant(INT8, INT8.edges(), ("bias-corrected",), "chosen")
    assert variant.name == "int8 chosen-ranges bias-corrected"
    assert variant.parameters()["ranges"] == "chosen"
    assert Variant(INT8, INT8.edges()).parameters()["ranges"] == "min-max"
