"""DATA as users name it: folders and CSV files; what breaks the rules is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from image_folders import write_image_folder
from shared import SHARED_DATA, needs_shared_data

from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.contracts.errors import ContractError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images 00.png to 02.png, and 03.png in images/."""
    (write_image_folder(tmp_path / "all", {"x": 4}) / "x").rename(tmp_path / "data")
    (tmp_path / "data" / "images").mkdir()
    (tmp_path / "data" / "03.png").rename(tmp_path / "data" / "images" / "03.png")
    return tmp_path / "data"


def _write(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_text("\n".join(lines) + "\n", encoding)
    return path


def test_a_column_a_label(folder: Path) -> None:
    images = read_dataset(_write(folder, "filename,sea,tree", "00.png,1,0", "", "02.png,1,1", "03.png,0,0"))
    assert images.classes == ("sea", "tree")
    assert images.names == ("00.png", "02.png", "images/03.png")
    assert images.labels == ((0,), (0, 1), ())
    assert all(images.path(index).is_file() for index in range(3))


def test_labels_in_one_column(folder: Path) -> None:
    path = _write(folder, "filename,labels", "00.png,tree | sea", "01.png,sea", "02.png,", encoding="utf-8-sig")
    images = read_dataset(path)
    assert images.classes == ("sea", "tree")
    assert images.labels == ((0, 1), (0,), ())


@pytest.mark.parametrize("column", ["label", "class"])
def test_the_column_of_labels_has_several_names_and_paths_may_be_absolute(folder: Path, column: str) -> None:
    images = read_dataset(_write(folder, f"filename,{column}", f"{folder / '00.png'},dog", "03.png,cat"))
    assert images.classes == ("cat", "dog")
    assert images.names == ("00.png", "images/03.png")
    assert images.labels == ((1,), (0,))


def test_one_column_alone_is_present_or_not(folder: Path) -> None:
    images = read_dataset(_write(folder, "filename,defect", "00.png,1", "01.png,0"))
    assert images.classes == ("not defect", "defect")
    assert images.labels == ((1,), (0,))


def test_given_classes_are_indexed_by(folder: Path) -> None:
    images = read_dataset(_write(folder, "filename,sea,tree", "00.png,1,0"), ("lake", "tree", "sea"))
    assert images.classes == ("lake", "tree", "sea")
    assert images.labels == ((2,),)


def test_a_folder_is_read_by_its_class_folders(tmp_path: Path) -> None:
    images = read_dataset(write_image_folder(tmp_path / "data", {"cat": 1, "dog": 2}))
    assert images.labels == ((0,), (1,), (1,))


@needs_shared_data
def test_a_real_csv_with_several_labels_an_image() -> None:
    images = read_dataset(SHARED_DATA / "miml_scenes" / "labels.csv")
    assert images.classes == ("desert", "mountains", "sea", "sunset", "trees")
    assert len(images) == 250
    assert images.names[0] == "images/1.jpg"
    assert max(map(len, images.labels)) > 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["00.png,1"], r"its first line is '00\.png,1'; expected the columns filename and"),
        (["filename;sea", "00.png;1"], r"its first line is 'filename;sea'; expected"),
        (["filename"], r"its first line is 'filename'; expected"),
        (["filename,sea,sea", "00.png,1,0"], r"its first line has an empty, repeated"),
        (["filename,sea"], r"lists no image"),
        (["filename,labels", "00.png,"], r"no image has a label"),
        (["filename,sea", "00.png,1", "01.png,yes"], r"line 3: column 'sea' holds 'yes'; expected 0 or 1"),
        (["filename,sea", "00.png,1,1"], r"line 2: 3 cells where the first line has 2"),
        (["filename,sea", ",1"], r"line 2: no file name"),
        (["filename,sea", "00.png,1", "gone.png,1"], r"line 3: no file gone\.png in .*data or its images/; put it"),
        (["filename,sea", "../secret.png,1"], r"line 2: '\.\./secret\.png' does not lie below"),
        (["filename,sea", "/etc/secret.png,1"], r"line 2: '/etc/secret\.png' does not lie below"),
        (["filename,sea", "00.png,1", "00.png,0"], r"line 3: 00\.png stands in the file twice"),
        (["filename,sea", '00.png,"1'], r"no CSV file in UTF-8"),
    ],
)
def test_what_breaks_the_rules_is_named_with_its_line(folder: Path, lines: list[str], message: str) -> None:
    path = _write(folder, *lines)
    with pytest.raises(ContractError, match=message) as caught:
        read_dataset(path)
    assert str(caught.value).startswith(str(path))


def test_a_label_that_is_no_class_of_the_model_is_named(folder: Path) -> None:
    path = _write(folder, "filename,labels", "00.png,sea", "01.png,moon")
    with pytest.raises(ContractError, match=r"line 3: label 'moon' is none of the classes sea, tree"):
        read_dataset(path, ("sea", "tree"))


def test_other_encodings_and_missing_files_are_refused(folder: Path) -> None:
    with pytest.raises(ContractError, match=r"labels\.csv: no CSV file in UTF-8"):
        read_dataset(_write(folder, "filename,forêt", "00.png,1", encoding="latin-1"))
    with pytest.raises(ContractError, match=r"gone: no such folder or CSV file"):
        read_dataset(folder / "gone")
