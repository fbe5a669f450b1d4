"""Calibration images: balanced, repeatable, and never among the evaluation images."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_folders import write_image_folder
from small_run import CLASSES, write_color_images

from converter import ConvertConfig
from converter.errors import DataError
from converter.images.choose import ConversionImages, choose_images
from converter.images.draw import draw_balanced
from converter.models import Source, open_source
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.errors import ContractError


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
def source(small_run: Path) -> Source:
    return open_source(small_run)


def part(source: Source, name: str) -> LabelledImages:
    assert source.record is not None
    return source.record.part(name)


def choose(config: ConvertConfig, source: Source) -> ConversionImages:
    return choose_images(config, source, CLASSES, "single-label")


def test_the_parts_of_the_run_are_taken_where_no_folder_is_named(source: Source) -> None:
    images = choose(ConvertConfig(Path("run"), calibration_samples=6), source)
    assert images.evaluation == part(source, "test")
    assert images.calibration is not None
    assert set(images.calibration.names) < set(part(source, "train").names)
    assert Counter(images.calibration.labels) == {(0,): 2, (1,): 2, (2,): 2}
    assert images.spare_calibration is not None
    assert images.spare_calibration.names[:6] == images.calibration.names


def test_a_float_recipe_needs_no_calibration_images(source: Source) -> None:
    assert choose(ConvertConfig(Path("run"), quantize="float16"), source).calibration is None


def test_an_evaluation_image_that_would_calibrate_is_named_with_its_twin(tmp_path: Path, source: Source) -> None:
    mine = write_color_images(tmp_path / "mine", 4, seed=80)
    copy, evaluated = mine / "green" / "copied.png", part(source, "test").path(3)
    copy.write_bytes(evaluated.read_bytes())
    config = ConvertConfig(Path("run"), calibration_data=mine, calibration_samples=1)
    with pytest.raises(DataError) as caught:
        choose(config, source)
    assert str(copy) in str(caught.value)
    assert str(evaluated) in str(caught.value)


def test_folders_of_the_user_may_hold_some_of_the_classes(tmp_path: Path, source: Source) -> None:
    mine = write_image_folder(tmp_path / "mine", {"green": 4}, first_seed=80)
    images = choose(ConvertConfig(Path("run"), quantize="float32", eval_data=mine), source)
    assert set(images.evaluation.labels) == {(1,)}


def test_a_folder_that_is_no_class_of_the_model_is_named(tmp_path: Path, source: Source) -> None:
    mine = write_image_folder(tmp_path / "mine", {"green": 1, "zebra": 1})
    with pytest.raises(ContractError, match=r"mine: folder 'zebra' is none of the classes red, green, blue"):
        choose(ConvertConfig(Path("run"), eval_data=mine), source)


def test_a_csv_file_names_images_and_labels(tmp_path: Path, source: Source) -> None:
    write_color_images(tmp_path / "images", 1, seed=81)
    csv = tmp_path / "list.csv"
    csv.write_text("filename,labels\nblue/0.png,blue\nred/0.png,red\n")
    images = choose(ConvertConfig(Path("run"), quantize="float32", eval_data=csv), source)
    assert images.evaluation.labels == ((2,), (0,))
    csv.write_text("filename,labels\nblue/0.png,blue|red\n")
    with pytest.raises(DataError, match="it shows 2 classes, but the model is single-label"):
        choose(ConvertConfig(Path("run"), quantize="float32", eval_data=csv), source)


def test_a_model_trained_elsewhere_needs_images_named(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"m\.h5: it carries no images; name some with --eval-data"):
        choose(ConvertConfig(path), open_source(path))


def test_images_that_trained_the_model_do_not_evaluate_it_whatever_the_recipe(source: Source) -> None:
    train = source.path.parent / "data" / "train"
    for recipe in ("float16", "int8"):
        config = ConvertConfig(Path("run"), quantize=recipe, eval_data=train)
        with pytest.raises(DataError, match=r"\(training\) and .* \(evaluation\) are the same image"):
            choose(config, source)


def test_images_named_for_calibration_do_not_evaluate_even_where_the_recipe_needs_none(
    tmp_path: Path, source: Source
) -> None:
    mine = write_color_images(tmp_path / "mine", 2, seed=90)
    with pytest.raises(DataError, match=r"\(calibration\) and .* \(evaluation\) are the same image"):
        choose(ConvertConfig(Path("run"), quantize="float16", calibration_data=mine, eval_data=mine), source)


def test_only_images_of_a_size_that_both_parts_have_are_read_for_the_comparison(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = write_image_folder(tmp_path / "mine", {"green": 4}, first_seed=80)
    for path in mine.rglob("*.png"):
        path.write_bytes(path.read_bytes() + b"\0" * 5000)
    monkeypatch.setattr("edge_runtime.contracts.dataset._digest", lambda path: pytest.fail(f"read {path}"))
    choose(ConvertConfig(Path("run"), quantize="float32", eval_data=mine), source)


def names(images: LabelledImages | None) -> set[Path]:
    assert images is not None
    return {images.path(index) for index in range(len(images))}


def test_what_is_left_of_training_and_the_validation_part_choose(source: Source) -> None:
    images = choose(ConvertConfig(Path("run"), calibration_samples=9), source)
    assert images.calibration is not None
    assert len(images.calibration) == 9
    assert names(images.choosing) == (names(part(source, "train")) | names(part(source, "val"))) - names(
        images.calibration
    )
    assert not names(images.choosing) & names(images.evaluation)
    assert images.choosing is not None
    assert set(images.choosing.names[:6]) == set(part(source, "val").names), "those first that trained nothing"


def test_one_recipe_needs_no_choice(source: Source) -> None:
    assert choose(ConvertConfig(Path("run"), quantize="int8"), source).choosing is None
    assert choose(ConvertConfig(Path("run"), quantize="mixed"), source).choosing is not None


def test_where_the_user_calibrates_the_run_chooses_but_for_copies(tmp_path: Path, source: Source) -> None:
    mine = write_color_images(tmp_path / "mine", 2, seed=80)
    copied = part(source, "val").path(1)
    (mine / "green" / "copied.png").write_bytes(copied.read_bytes())
    images = choose(ConvertConfig(Path("run"), calibration_data=mine), source)
    assert images.calibration is not None
    assert len(images.calibration) == 7, "all of them"
    assert names(images.choosing) == (names(part(source, "train")) | names(part(source, "val"))) - {copied}


def test_an_image_that_evaluates_does_not_choose(tmp_path: Path, source: Source) -> None:
    val = source.path.parent / "data" / "val"
    images = choose(ConvertConfig(Path("run"), eval_data=val), source)
    assert not names(images.choosing) & names(part(source, "val"))
    assert images.choosing is not None
    assert len(images.choosing) == 18 // 4, "a quarter of what could calibrate"


def stranger(tmp_path: Path, count: int, samples: int) -> ConversionImages:
    """A model that carries no images, with so many of each class to calibrate."""
    (tmp_path / "m.h5").write_bytes(b"")
    config = ConvertConfig(
        tmp_path / "m.h5",
        calibration_samples=samples,
        calibration_data=write_color_images(tmp_path / "calibration", count, seed=7),
        eval_data=write_color_images(tmp_path / "evaluation", 1, seed=8),
    )
    return choose(config, open_source(tmp_path / "m.h5"))


@pytest.mark.parametrize(
    ("count", "samples", "calibrate", "choosing"),
    [
        (8, 200, 18, 6),  # all could calibrate: a quarter is held back
        (8, 10, 10, 14),  # what is beyond the samples
        (40, 20, 20, 100),
        (40, 115, 90, 30),  # few are beyond them: a quarter
        (1, 200, 3, 3),  # too few to part: said on stderr
    ],
)
def test_of_a_strangers_images_a_part_chooses(
    tmp_path: Path, count: int, samples: int, calibrate: int, choosing: int
) -> None:
    images = stranger(tmp_path, count, samples)
    assert images.calibration is not None
    assert images.choosing is not None
    assert (len(images.calibration), len(images.choosing)) == (calibrate, choosing)
    if count > 1:
        assert not names(images.calibration) & names(images.choosing)
    assert not names(images.choosing) & names(images.evaluation)


def test_no_more_choose_than_tell_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.images.choose.MOST_CHOOSING", 12)
    images = stranger(tmp_path, 8, 6)
    assert images.choosing is not None
    assert Counter(images.choosing.labels) == {(0,): 4, (1,): 4, (2,): 4}
