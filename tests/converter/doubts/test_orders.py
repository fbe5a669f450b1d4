"""Orders of labels that people mix up, and the order that answers suggest. Pure."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from converter.doubts.fits import sign_test
from converter.doubts.orders import half_of_each_class, reordered, suggested_order, usual_orders


def named(labels: list[str]) -> set[tuple[str, ...]]:
    return {tuple(labels[place] for place in order) for order in usual_orders(labels)}


def test_the_usual_mistakes_are_one_place_off_and_two_ways_to_sort_numbers() -> None:
    assert ("background", "cat", "dog") in named(["cat", "dog", "background"])
    assert ("cat", "dog", "background") in named(["background", "cat", "dog"])
    assert ("1", "2", "10", "11") in named(["1", "10", "11", "2"])
    assert ("1", "10", "11", "2") in named(["1", "2", "10", "11"])
    assert ("Zebra", "ant", "bee") in named(["ant", "bee", "Zebra"])
    assert ("ant", "bee", "Zebra") in named(["Zebra", "ant", "bee"])


@given(st.permutations(range(5)), st.integers(0, 99))
def test_a_permutation_of_the_labels_is_found_and_undone(order: list[int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    shown = np.concatenate([np.arange(5), generator.integers(0, 5, 45)])
    truth = np.eye(5, dtype=np.bool_)[shown]
    answers = np.empty_like(truth)
    answers[:, np.argsort(order)] = truth[:, np.arange(5)]  # output i stands for class order[i]
    found = suggested_order(truth, answers)
    assert (reordered(answers, found) == truth).all()
    assert found.tolist() == list(order)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_halves_share_each_class_evenly(shown: list[int]) -> None:
    half = half_of_each_class(np.eye(4, dtype=np.bool_)[shown])
    for label in set(shown):
        of_class = half[np.array(shown) == label]
        assert 0 <= of_class.sum() - (~of_class).sum() <= 1


def test_the_sign_test_is_mcnemars_and_counts_images() -> None:
    truth = np.eye(2, dtype=np.bool_)[np.zeros(20, int)]
    wrong = ~truth
    assert sign_test(truth, truth, truth) == 1.0
    assert sign_test(truth, wrong, truth) == 2 * 0.5**20
    half = np.where(np.arange(20)[:, None] < 10, truth, wrong)
    assert sign_test(truth, half, ~half) == 1.0
