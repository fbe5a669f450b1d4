"""Folders and labels meet, numbered or not; what may be several classes is refused."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_folders import write_image_folder

from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import match_classes

COLORS = ("red", "green", "blue")


def match(names: tuple[str, ...], classes: tuple[str, ...]) -> list[int]:
    return list(match_classes(dict.fromkeys(names, "data"), classes, "data", "folder").values())


@pytest.mark.parametrize(
    ("names", "classes", "expected"),
    [
        (("blue", "green", "red"), COLORS, [2, 1, 0]),
        (("Blue", "RED"), COLORS, [2, 0]),
        (("0 red", "1_green", "02-blue"), COLORS, [0, 1, 2]),
        (("1.red", "2. green", "003.blue"), COLORS, [0, 1, 2]),
        (("0", "1", "2"), COLORS, [0, 1, 2]),
        (("00", "02"), COLORS, [0, 2]),
        (("1", "2", "3"), COLORS, [0, 1, 2]),
        (("3",), COLORS, [2]),
        (("red", "blue"), ("0 red", "1 green", "2 blue"), [0, 2]),
        (("00_red", "2 blue"), ("0 red", "1 green", "2 blue"), [0, 2]),
        (("1", "0"), ("1", "0"), [0, 1]),
        (("7_up", "7-Up"[:1]), ("7 Up", "7"), [0, 1]),
        (("2 dollar", "1_dollar"), ("1 dollar", "2 dollar"), [1, 0]),
        (("1 crane", "2 crane", "0 tench"), ("tench", "crane", "crane"), [1, 2, 0]),
        (("great_white_shark",), ("tench", "great white shark"), [1]),
        (("RED", "red"), ("red", "RED"), [1, 0]),
    ],
)
def test_a_name_means_the_class_that_it_names(
    names: tuple[str, ...], classes: tuple[str, ...], expected: list[int]
) -> None:
    assert match(names, classes) == expected


@pytest.mark.parametrize(
    ("names", "classes", "message"),
    [
        (("yellow",), COLORS, "data: folder 'yellow' is none of the classes red, green, blue"),
        (("7",), COLORS, "folder '7' is none of the classes"),
        (("1", "2"), COLORS, "folder '1' may be more than one class; call it '1 green' or '0 red'"),
        (("crane",), ("tench", "crane", "crane"), "call it '1 crane' or '2 crane'"),
        (("9 crane",), ("tench", "crane", "crane"), "call it '1 crane' or '2 crane'"),
        (("dollar",), ("1 dollar", "2 dollar"), "call it '0 1 dollar' or '1 2 dollar'"),
        (("3 dollar",), ("1 dollar", "2 dollar"), "folder '3 dollar' is none of the classes"),
        (("Red",), ("red", "RED"), "may be more than one class"),
        (("0_red", "red"), COLORS, "data: folders '0_red' and 'red' are both class 'red'; make one of them"),
        (("x",), tuple(f"class {number}" for number in range(1000)), "class 9 and 990 more$"),
    ],
)
def test_what_means_no_class_or_several_is_refused(
    names: tuple[str, ...], classes: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        match(names, classes)


def test_what_is_not_called_alike_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "edge-deploy-kit"):
        match(("red", "green"), COLORS)
        match(("0_red", "green"), COLORS)
        match(("0_red", "Green", "2 blue"), COLORS)
        match(tuple("abcde"), tuple("ABCDE"))
    said = [message.removeprefix("data: folder ") for message in caplog.messages]
    assert said[0] == "'0_red' is class 'red'"
    assert said[1] == "'0_red' is class 'red', 'Green' is class 'green', '2 blue' is class 'blue'"
    assert said[2] == "'a' is class 'A', 'b' is class 'B', 'c' is class 'C' and 2 more"


def test_folders_and_columns_of_labels_are_matched_alike(tmp_path: Path) -> None:
    root = write_image_folder(tmp_path / "data", {"0_red": 1, "2 blue": 2})
    assert read_dataset(root, COLORS).labels == ((0,), (2,), (2,))
    csv = root / "labels.csv"
    csv.write_text("filename,labels\n0_red/00.png,1|02 blue\n2 blue/00.png,3\n")
    with pytest.raises(ContractError, match=r"labels '02 blue' and '3' are both class 'blue'"):
        read_dataset(csv, COLORS)
    csv.write_text("filename,labels\n0_red/00.png,0 red|02 blue\n2 blue/00.png,02 blue\n")
    assert read_dataset(csv, COLORS).labels == ((0, 2), (2,))


@given(
    classes=st.lists(st.text("abc 12_", min_size=1, max_size=4), min_size=1, max_size=8, unique=True), data=st.data()
)
def test_exact_names_always_win(classes: list[str], data: st.DataObject) -> None:
    names = data.draw(st.permutations(classes))
    assert match(tuple(names), tuple(classes)) == [classes.index(name) for name in names]
