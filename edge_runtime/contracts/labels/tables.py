"""Tables of classes: a CSV with a header, or a JSON list of objects."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels.numbering import by_number, is_number

_NUMBERS = {"", "#", "classid", "classindex", "classnumber", "id", "idx", "index", "labelid", "labelindex", "number"}
_NAMES = {
    "category",
    "categoryname",
    "class",
    "classes",
    "classname",
    "displayname",
    "label",
    "labelname",
    "labels",
    "name",
}
_IMAGES = {"file", "filename", "filepath", "image", "imagepath", "path"}
_IS_OF_IMAGES = "it is a table of images, not of classes; name a file with one row a class"

Columns = Mapping[str, Sequence[str]]


def read_csv(lines: Sequence[str], is_csv: bool) -> tuple[str, ...] | None:
    """The labels of a CSV whose first line names its columns; None where it is none.

    Args:
        lines: of the file.
        is_csv: whether its name says so; then a line such as "label" is no class.

    Raises:
        ContractError: a line has another number of cells, or the columns do not say which class has which label.
    """
    delimiter = max(",;\t", key=lines[0].count)
    header = _rows(lines[:1], delimiter)[0]
    words = {_word(cell) for cell in header}
    if is_csv and words & _IMAGES:
        raise ContractError(_IS_OF_IMAGES)
    if len(lines) < 2 or not words & _NAMES or (len(header) == 1 and not is_csv):
        return None
    rows = _rows(lines[1:], delimiter)
    if not is_csv and not words & (_NUMBERS | _IMAGES) and not any(map(is_number, rows[0])):
        return None  # "class, category" may be synonyms of a first class
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ContractError(f"line {number} has {len(row)} cells where the first has {len(header)}; quote commas")
    return read_columns({name: [row[place].strip() for row in rows] for place, name in enumerate(header)})


def read_columns(columns: Columns) -> tuple[str, ...]:
    """The labels in a table: by number where a column has the numbers, else in the order of the rows.

    Raises:
        ContractError: it is a table of images, or the columns do not say which class has which label.
    """
    if any(_word(name) in _IMAGES for name in columns):
        raise ContractError(_IS_OF_IMAGES)
    numbers = _numbers(columns)
    names = [name for name in columns if _word(name) in _NAMES and name != numbers]
    if len(names) != 1:
        found = " and ".join(map(repr, names)) or ", ".join(map(repr, columns))
        fault = "may all be the labels" if names else "are none that is called label, name or class"
        raise ContractError(f"its columns {found} {fault[:60]}; leave one column called label")
    labels = columns[names[0]]
    return by_number([int(cell) for cell in columns[numbers]], labels) if numbers is not None else tuple(labels)


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise ContractError(f"it is no readable CSV: {error}") from error


def _numbers(columns: Columns) -> str | None:
    """The column of class numbers: one called so, else one of two that may be the labels."""
    whole = [name for name, cells in columns.items() if all(map(is_number, cells))]
    called_so = [name for name in whole if _word(name) in _NUMBERS]
    others = [name for name in columns if _word(name) in _NAMES and name not in whole]
    called_labels = [name for name in whole if _word(name) in _NAMES] if others else []
    return next(iter(called_so + called_labels), None)


def _word(cell: str) -> str:
    return "".join(letter for letter in cell.strip().lower() if letter not in " _-")
