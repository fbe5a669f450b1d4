"""Whether a model guesses: models of known skill, constant answers, several labels, and sets too small to accuse."""

import numpy as np
import pytest

from converter.judge.chance import ChanceCheck, check_chance
from converter.judge.compare import truth_of
from edge_runtime.contracts.manifest import Metric


def check(truth: np.ndarray, answered: np.ndarray, classes: int = 4, metric: Metric = "top-1") -> ChanceCheck:
    right, answers = (truth_of([(int(label),) for label in labels], classes) for labels in (truth, answered))
    return check_chance(right, answers, metric)


def skilled(skill: float, images: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes, and answers that know so many of them and guess the rest."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, images)
    knows = generator.random(images) < skill
    return truth, np.where(knows, truth, generator.integers(0, classes, images))


@pytest.mark.parametrize("images", [1, 2, 5, 10, 30, 100, 400])
@pytest.mark.parametrize("skill", [0.75, 0.9, 1.0])
def test_a_model_that_knows_is_not_accused_however_few_images(skill: float, images: int) -> None:
    accused = [check(*skilled(skill, images, 4, seed)).is_at_chance for seed in range(20)]
    assert sum(accused) <= 1


@pytest.mark.parametrize("images", [100, 400])
@pytest.mark.parametrize("classes", [2, 4, 10])
def test_a_model_that_guesses_is_found_out(images: int, classes: int) -> None:
    found = [check(*skilled(0.0, images, classes, seed), classes).is_at_chance for seed in range(20)]
    assert sum(found) >= 17  # one in twenty looks better than chance by chance


def test_a_weak_model_is_not_accused_where_images_show_that_it_knows_something() -> None:
    truth, answered = skilled(0.15, 400, 10, 0)
    result = check(truth, answered, 10)
    assert result.found < 0.35
    assert result.is_above
    assert not result.is_at_chance


def test_a_model_that_always_answers_the_commonest_class_guesses_however_often_it_is_right() -> None:
    result = check(np.repeat([0, 1], [180, 20]), np.zeros(200), 2)
    assert (result.found, result.chance, result.p_value) == (0.9, 0.9, 1.0)
    assert result.is_at_chance


def test_a_model_below_chance_is_at_chance() -> None:
    truth = np.arange(60) % 3
    result = check(truth, (truth + 1) % 3, 3)
    assert result.found == 0.0
    assert result.is_at_chance
    assert result.summary() == (
        f"top-1 of the float model is 0.0% on 60 images, where guessing gives {result.chance:.1%} (p = 1)"
    )


def test_images_of_one_class_tell_nothing() -> None:
    result = check(np.ones(50), np.ones(50))
    assert not result.is_above
    assert not result.is_at_chance


def test_several_labels_are_compared_with_the_labels_of_other_images() -> None:
    generator = np.random.default_rng(0)
    truth = generator.random((200, 5)) < 0.3
    noisy = truth ^ (generator.random(truth.shape) < 0.05)
    knows, guesses = (check_chance(truth, answers, "micro-f1") for answers in (noisy, generator.permutation(noisy)))
    assert knows.is_above
    assert not knows.is_at_chance
    assert guesses.is_at_chance
    assert guesses.found == pytest.approx(guesses.chance, abs=0.06)
    silent = check_chance(truth, np.zeros_like(truth), "micro-f1")
    assert (silent.found, silent.is_at_chance) == (0.0, True)
    everything = check_chance(truth, np.ones_like(truth), "micro-f1")
    assert everything.p_value == 1.0
    assert everything.found == pytest.approx(everything.chance)
