import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.inference.postprocess import activate, both_classes, dequantize, top_categories

logits = hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(-100, 100, width=32))
probabilities = hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(0, 1, width=32))


@given(hnp.arrays(np.int8, 20), st.floats(1e-4, 10), st.integers(-128, 127))
def test_int8_is_dequantised_without_wrapping(values: np.ndarray, scale: float, zero_point: int) -> None:
    found = dequantize(values, TensorSpec((1, 20), "int8", scale, zero_point))
    expected = [(int(value) - zero_point) * scale for value in values]
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_uint8_is_dequantised_as_unsigned() -> None:
    tensor = TensorSpec((1, 3), "uint8", 1 / 256, 0)
    assert dequantize(np.array([0, 128, 255], np.uint8), tensor).tolist() == [0, 0.5, 255 / 256]


@given(logits)
def test_softmax_is_a_distribution_in_the_same_order(values: np.ndarray) -> None:
    found = activate(values, "softmax")
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff(found[np.argsort(values)]) >= 0).all()


@given(logits)
def test_sigmoid_is_a_probability_and_symmetric(values: np.ndarray) -> None:
    found = activate(values, "sigmoid")
    assert found + activate(-values, "sigmoid") == pytest.approx(np.ones_like(found), abs=1e-6)
    assert ((found >= 0) & (found <= 1)).all()


def test_no_activation_changes_nothing() -> None:
    values = np.array([3, -1], np.float32)
    assert activate(values, "none") is values


def test_one_probability_becomes_two() -> None:
    assert both_classes(np.array([0.25], np.float32)).tolist() == [0.75, 0.25]
    assert both_classes(np.array([0.25, 0.75], np.float32)).tolist() == [0.25, 0.75]


@given(probabilities, st.integers(1, 50), st.floats(0, 1))
def test_top_categories_are_the_best_ones_in_order(scores: np.ndarray, top_k: int, threshold: float) -> None:
    labels = [f"label {index}" for index in range(len(scores))]
    found = top_categories(scores, labels, top_k, threshold)
    best = sorted(range(len(scores)), key=lambda index: (-scores[index], index))[:top_k]
    assert [category.index for category in found] == [index for index in best if scores[index] >= threshold]
    assert all(category.label == labels[category.index] for category in found)
    assert all(category.score == scores[category.index] for category in found)


@pytest.mark.parametrize("top_k", [3, 40])
def test_a_score_that_is_no_number_is_left_out(top_k: int) -> None:
    scores = np.array([0.1, np.nan, 0.4, np.nan], np.float32)
    assert [category.index for category in top_categories(scores, "abcd", top_k, 0.0)] == [2, 0]


def test_each_class_may_have_its_own_threshold() -> None:
    scores = np.array([0.4, 0.4, 0.9], np.float32)
    found = top_categories(scores, "abc", 3, np.array([0.3, 0.5, 0.95], np.float32))
    assert [category.label for category in found] == ["a"]
