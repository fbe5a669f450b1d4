"""Calibration images: balanced, repeatable, and never among the evaluation images."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_folders import write_image_folder

from converter import ConvertConfig
from converter.calibration import draw_balanced
from converter.errors import DataError
from converter.images import choose_images
from converter.source import SourceModel
from edge_runtime.contracts.dataset import LabelledImages, read_image_folder
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.model_contract import ModelContract

CLASSES = ("a", "b", "c")


def labelled(counts: list[int]) -> LabelledImages:
    labels = tuple((label,) for label, count in enumerate(counts) for _ in range(count))
    return LabelledImages(Path("x"), CLASSES, tuple(f"{number}.png" for number in range(len(labels))), labels)


@given(st.lists(st.integers(1, 30), min_size=3, max_size=3), st.integers(1, 100), st.integers(0, 5))
def test_the_draw_is_balanced_repeatable_and_without_repetition(counts: list[int], count: int, seed: int) -> None:
    images = labelled(counts)
    drawn = draw_balanced(images, count, seed)
    assert drawn == draw_balanced(images, count, seed)
    assert len(drawn) == len(set(drawn.names)) == min(count, len(images))
    of_class = Counter(label for (label,) in drawn.labels)
    for label, there in enumerate(counts):
        # a class gives fewer than another only when it has no more
        assert of_class[label] == there or of_class[label] >= max(of_class.values()) - 1
    labels = dict(zip(images.names, images.labels, strict=True))
    assert all(labels[name] == label for name, label in zip(drawn.names, drawn.labels, strict=True))


def test_another_seed_draws_other_images() -> None:
    images = labelled([30, 30, 30])
    assert draw_balanced(images, 9, 0).names != draw_balanced(images, 9, 1).names


@pytest.fixture
def source(tmp_path: Path) -> SourceModel:
    train = write_image_folder(tmp_path / "train", dict.fromkeys(CLASSES, 3))
    test = write_image_folder(tmp_path / "test", dict.fromkeys(CLASSES, 2), first_seed=50)
    return SourceModel(
        path=tmp_path / "run",
        keras_file=tmp_path / "run" / "model.keras",
        contract=ModelContract("single-label", CLASSES, PreprocessSpec(12, 12), "none"),
        train_images=read_image_folder(train, CLASSES),
        test_images=read_image_folder(test, CLASSES),
        data_fingerprint="",
        training={},
    )


def test_the_parts_of_the_run_are_taken_where_no_folder_is_named(source: SourceModel) -> None:
    images = choose_images(ConvertConfig(Path("run"), calibration_samples=6), source)
    assert images.evaluation == source.test_images
    assert images.calibration is not None
    assert set(images.calibration.names) < set(source.train_images.names)
    assert Counter(images.calibration.labels) == {(0,): 2, (1,): 2, (2,): 2}


def test_a_float_recipe_needs_no_calibration_images(source: SourceModel) -> None:
    assert choose_images(ConvertConfig(Path("run"), quantize="float16"), source).calibration is None


def test_an_evaluation_image_that_would_calibrate_is_named_with_its_twin(tmp_path: Path, source: SourceModel) -> None:
    mine = write_image_folder(tmp_path / "mine", dict.fromkeys(CLASSES, 4), first_seed=80)
    copy = mine / "b" / "copied.png"
    copy.write_bytes(source.test_images.path(3).read_bytes())
    config = ConvertConfig(Path("run"), calibration_data=mine, calibration_samples=1)
    with pytest.raises(DataError) as caught:
        choose_images(config, source)
    assert str(copy) in str(caught.value)
    assert str(source.test_images.path(3)) in str(caught.value)


def test_folders_of_the_user_may_hold_some_of_the_classes(tmp_path: Path, source: SourceModel) -> None:
    mine = write_image_folder(tmp_path / "mine", {"b": 4}, first_seed=80)
    images = choose_images(ConvertConfig(Path("run"), eval_data=mine), source)
    assert set(images.evaluation.labels) == {(1,)}


def test_a_folder_that_is_no_class_of_the_model_is_named(tmp_path: Path, source: SourceModel) -> None:
    mine = write_image_folder(tmp_path / "mine", {"a": 1, "zebra": 1})
    with pytest.raises(ContractError, match=r"mine: folder 'zebra' is none of the classes a, b, c"):
        choose_images(ConvertConfig(Path("run"), eval_data=mine), source)
