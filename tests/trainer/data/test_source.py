"""What DATA may be: a folder of classes, ready-made parts, the sample."""

from pathlib import Path

import pytest
from image_folders import write_image_folder

from trainer.data.source import open_data
from trainer.errors import DataError


def test_a_folder_of_classes_has_no_parts(tmp_path: Path) -> None:
    source = open_data(str(write_image_folder(tmp_path, {"cat": 2, "dog": 3})))
    assert source.images.classes == ("cat", "dog")
    assert source.images.names == ("cat/00.png", "cat/01.png", "dog/00.png", "dog/01.png", "dog/02.png")
    assert set(source.parts) == {None}


def test_ready_made_parts_are_kept_with_names_below_the_data_folder(tmp_path: Path) -> None:
    for seed, part in enumerate(("train", "val", "test")):
        write_image_folder(tmp_path / part, {"cat": 2, "dog": 1}, first_seed=10 * seed)
    source = open_data(str(tmp_path))
    assert source.images.root == tmp_path
    assert list(zip(source.images.names, source.parts, strict=True))[2:5] == [
        ("train/dog/00.png", "train"),
        ("val/cat/00.png", "val"),
        ("val/cat/01.png", "val"),
    ]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    source = open_data(str(write_image_folder(tmp_path, {"bus": 2, "train": 2})))
    assert source.images.classes == ("bus", "train")
    assert set(source.parts) == {None}


def test_the_sample_has_its_official_test_part() -> None:
    source = open_data("sample")
    assert len(source.images.classes) == 10
    assert [source.parts.count(part) for part in ("train", "val", "test")] == [1000, 0, 400]


def test_a_folder_called_sample_is_pointed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_image_folder(tmp_path / "sample", {"cat": 2, "dog": 1})
    monkeypatch.chdir(tmp_path)
    assert len(open_data("sample").images) == 1400
    assert "for the file or folder write ./sample" in caplog.text
    assert len(open_data("./sample").images) == 3


def test_a_part_under_another_name_is_refused(tmp_path: Path) -> None:
    write_image_folder(tmp_path / "train", {"cat": 2, "dog": 1})
    write_image_folder(tmp_path / "validation", {"cat": 2, "dog": 1})
    with pytest.raises(DataError, match=r"beside train/ there is validation/; expected train, val, test"):
        open_data(str(tmp_path))
