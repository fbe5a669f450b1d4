"""Label files as people have them: the classes in their order, or one line that says what the file is."""

import csv
import io
import json
import logging
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shared import SHARED_DATA

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import MAX_LABEL_FILE_BYTES, parse_label_file

COLORS = ("red", "green", "blue")


def read(text: str, where: str = "labels.txt") -> tuple[str, ...]:
    return parse_label_file(text.encode(), where)


@pytest.mark.parametrize(
    "text",
    [
        "red\ngreen\nblue\n\n",
        "0 red\n1 green\n2 blue\n",
        "2 blue\n0 red\n1 green\n",
        "  0  red\n  1  green\n  2  blue\n",
        "1 red\n2 green\n3 blue",
        "0: red\n1: green\n2: blue",
        "1:red\n2:green\n3:blue",
        "0,red\n1,green\n2,blue",
        "0;red\n1;green\n2;blue",
        "0\tred\n1\tgreen\n2\tblue",
        "1. red\n2. green\n3. blue",
        "1) red\n2) green\n3) blue",
        "0: 'red'\n1: \"green\"\n2: blue",
        "red,0\ngreen,1\nblue,2",
        "blue: 2\nred: 0\ngreen: 1",
        "names:\n  0: red\n  1: green\n  2: blue",
        "classes:\n- red\n- green\n- 'blue'",
        "b'red'\nb'green'\nb\"blue\"\n",
        "index,label\n0,red\n1,green\n2,blue\n",
        "id;name;color\n3;blue;x\n1;red;y\n2;green;z",
        "class_id\tclass\n0\tred\n1\tgreen\n2\tblue",
        "label,name\n2,blue\n1,green\n0,red",
        "\ufeffred\r\ngreen\r\nblue\r\n",
        '["red", "green", "blue"]',
        '{"0": "red", "1": "green", "2": "blue"}',
        '{"2": "blue", "00": "red", "1": "green"}',
        '{"blue": 2, "green": 1, "red": 0}',
        '{"blue": 3, "green": 2, "red": 1}',
        '{"0": ["n01440764", "red"], "1": ["n01443537", "green"], "2": ["n01484850", "blue"]}',
        '{"classes": ["red", "green", "blue"], "epochs": 3}',
        '{"id2label": {"0": "red", "1": "green", "2": "blue"}, "label2id": {"red": 0, "green": 1, "blue": 2}}',
        '[{"id": 2, "name": "green"}, {"id": 1, "name": "red"}, {"id": 3, "name": "blue"}]',
        "item {\n  id: 1\n  name: 'red'\n}\nitem {\n  id: 3\n  name: 'blue'\n}\nitem {\n  id: 2\n  name: 'green'\n}\n",
        """# a map
        item: { name: "/m/0", id: 1, display_name: "red" } item { name: "/m/1" display_name: "green" id: 2 }
        item { name: "/m/2" id: 3 display_name: "blue" keypoints { id: 7 label: "nose" } }""",
    ],
)
def test_each_form_gives_the_classes_in_their_order(text: str) -> None:
    assert read(text) == COLORS


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("names:\n- red", ("red",)),
        ("names:", ("names:",)),
        ("0: red\n", ("0: red",)),
        ('[{"id": 0, "name": "red"}]', ("red",)),
        ('index, label\n1, green\n0, "red, dark"', ("red, dark", "green")),
        ("b'caf\\303\\251'\nb'caf\\xc3\\xa9 \\'2\\''", ("café", "café '2'")),
        ("item { id: 1 name: 'caf\\303\\251' }", ("café",)),
        ("0 a\n1 a\n2 b\n3 b", ("0 a", "1 a", "2 b", "3 b")),
        ("0 a\n1 a\n2 b", ("a", "a", "b")),
    ],
)
def test_small_files(text: str, labels: tuple[str, ...]) -> None:
    assert read(text) == labels


@pytest.mark.parametrize("text", ["name,color\nred,warm\ngreen,cold\nblue,cold", "label\nred\ngreen\nblue"])
def test_a_csv_by_its_name_may_have_any_header(text: str) -> None:
    assert read(text, "labels.csv") == COLORS


@pytest.mark.parametrize(
    "lines",
    [
        ("7 Up", "3 Musketeers", "5 Gum"),
        ("1 euro", "2 euro"),
        ("1 dollar", "2 dollar", "5 dollar", "10 dollar"),
        ("16:9", "4:3", "1:1"),
        ("0 red", "1 green", "blue"),
        ("0", "1", "2"),
        ("2", "0", "1"),
        ("7-Up", "2-Butanol"),
        ("0.5 l", "1.5 l"),
        ("n01440764 tench", "n01443537 goldfish"),
        ("class, category", "kind, sort"),
        ("label", "name"),
        ("[UNK]", "[PAD]"),
        ("b'red'", "green"),
        ("- red", "green"),
        ("item", "name"),
        ("tench, Tinca tinca", "crane", "crane"),
    ],
)
def test_names_with_digits_and_signs_in_them_stay_as_they_are(lines: tuple[str, ...]) -> None:
    assert read("\n".join(lines)) == lines


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0 red\n1 green\n3 blue", "class number 2 is missing; number the 3 classes from 0 or from 1"),
        (b"0: red\n1: green\n1: blue", "class number 1 stands twice"),
        (b'{"5": "red", "6": "green"}', "the class numbers begin with 5"),
        (b'{"red": 0, "green": 0}', "class number 0 stands twice"),
        (b"id,name\n1,red\n3,green", "class number 2 is missing"),
        (b"item { id: 1 name: 'a' } item { id: 1 name: 'b' }", "class number 1 stands twice"),
        (b"item { name: 'a' }", "item 1 has no id"),
        (b"item { id: 1 }", "an item has no name"),
        (b'item { id: 1 name: "' + b'\\"' * 500_000, "item 1 has a quote that does not end"),
        (b"item { id: 1 name: 'a'", "a brace too many or too few"),
        (b'{"0": {"name": "red"}}', "a JSON object with an object under '0'"),
        (b'{"a": true}', "a JSON object with true or false under 'a'"),
        (b"1 red\n2 green\n4 blue", "class number 3 is missing"),
        (b"0 red\n1 green\n6 blue", "class number 2 is missing"),
        (b"class,label\n0,0\n1,1", "'class' and 'label' may all be the labels"),
        (b'{"0": ["tench", "n01440764"]}', "a JSON object with a list under '0'"),
        (b'{"0": [3, "tench"]}', "a JSON object with a list under '0'"),
        (b'{"a": [1]}', "a JSON object with a list under 'a'"),
        (b'{"a": {}}', "a JSON object with an empty list or object under 'a'"),
        (b'["red", 3]', "a JSON list with a number in it"),
        (b"{'red': 0}", "it begins like JSON: not valid JSON"),
        (b'{"0": "a", "0": "b"}', "a key stands twice"),
        (b'{"classes": ["a", "b"], "labels": ["b", "a"]}', "2 lists of labels that differ"),
        (b"[" * 100_000 + b",", "it begins like JSON"),
        (b"index,label\n0,red,dark\n", "line 2 has 3 cells where the first has 2"),
        (b"label,name,id\na,b,0\n", "'label' and 'name' may all be the labels"),
        (b"filename,label\na.jpg,red\n", "a table of images, not of classes"),
        (b"PK\x03\x04", "it is a zip file"),
        (b"\x89HDF\r\n", "it is an HDF5 file"),
        (b"\x80\x04\x95", "it is a Python pickle"),
        (b"\x1c\0\0\0TFL3\0", r"it is a \.tflite model"),
        (b"<!DOCTYPE html>\n<html>", "it is a web page"),
        (b"r\0e\0d\0", "it is binary, or UTF-16 without its mark"),
        ("röd".encode("latin-1"), "text in another encoding than UTF-8"),
        (b"b'\\xff'", "is not in UTF-8"),
        (b"red\n\nblue", "entry 2 is empty"),
        (b"\n \n", "the file is empty"),
        (b"x" * (MAX_LABEL_FILE_BYTES + 1), "more than 16 MiB of labels"),
    ],
)
def test_what_is_not_understood_is_named_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(ContractError, match=message) as caught:
        parse_label_file(content, "labels.txt")
    assert str(caught.value).startswith("labels.txt: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    assert parse_label_file("0 röd\r\n1 grön\r\n".encode(encoding), "labels.txt") == ("röd", "grön")


def test_what_is_no_plain_list_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "edge-deploy-kit"):
        for _ in range(2):
            read("0 red\n1 green", "said.txt")
            read("red\ngreen", "plain.txt")
    assert caplog.messages == ["said.txt: labels: numbered lines, from 0"]


def test_real_label_files() -> None:
    background, *names = parse_label_file((SHARED_DATA / "tflite" / "imagenet_labels_1001.txt").read_bytes(), "a.txt")
    keras = parse_label_file((SHARED_DATA / "keras_weights" / "imagenet_class_index.json").read_bytes(), "b.json")
    assert (background, len(names), len(keras)) == ("background", 1000, 1000)
    assert [name.split(",")[0] for name in names[:3]] == [*keras[:2], "great white shark"]
    assert parse_label_file((SHARED_DATA / "tflite" / "vww_labels.txt").read_bytes(), "c.txt") == (
        "no_person",
        "person",
    )


LETTERS = "".join(sorted(set(string.ascii_letters + string.digits + " -_.,:;'\"\\#{}[]()&é漢"))).strip()
NAMES = st.lists(
    st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(bool), min_size=2, max_size=20, unique=True
)
PLAIN = st.lists(
    st.text("abcXYZ éß漢-_&", min_size=1, max_size=9).map(str.strip).filter(bool), min_size=2, max_size=20, unique=True
)


@given(names=NAMES, first=st.sampled_from([0, 1]), order=st.randoms(use_true_random=False))
def test_any_names_come_back_from_json_csv_and_label_maps(names: list[str], first: int, order: object) -> None:
    numbered = list(enumerate(names, first))
    order.shuffle(numbered)  # type: ignore[attr-defined]
    expected = tuple(names)
    assert read(json.dumps(names)) == expected
    assert read(json.dumps({str(number): name for number, name in numbered})) == expected
    assert read(json.dumps({name: number for number, name in numbered}, ensure_ascii=False, indent=1)) == expected
    table = io.StringIO()
    csv.writer(table).writerows([("index", "label"), *numbered])
    assert read(table.getvalue()) == expected
    items = "".join(
        f"item {{ id: {number} name: {json.dumps(name, ensure_ascii=False)} }}\n" for number, name in numbered
    )
    assert read(items) == expected


@given(names=PLAIN, first=st.sampled_from([0, 1]), between=st.sampled_from([" ", "  ", "\t", ": ", ":", ",", ", "]))
def test_plain_names_come_back_from_lines_with_and_without_numbers(names: list[str], first: int, between: str) -> None:
    assume(not names[0].startswith("- "))
    assert read("\n".join(names)) == tuple(names)
    lines = [f"{number}{between}{name}" for number, name in enumerate(names, first)]
    assert read("\n".join(reversed(lines))) == tuple(names)
    assert read("\n".join(map(repr, (name.encode() for name in names)))) == tuple(names)


@given(content=st.binary(max_size=200) | st.text("[]{}\"':,0 1ab\n\\item", max_size=60).map(str.encode))
def test_any_content_is_read_or_refused(content: bytes) -> None:
    try:
        labels = parse_label_file(content, "any.txt")
    except ContractError as error:
        assert str(error).startswith("any.txt: ")  # noqa: PT017 - either may happen
    else:
        assert all(label.strip() == label != "" for label in labels)
