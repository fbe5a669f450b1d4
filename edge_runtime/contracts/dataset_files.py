"""Reads labelled images as users name them: a folder with one subfolder a class, or a CSV file.

A CSV has the columns ``filename`` and one 0/1 column a label, or ``filename,labels`` with the labels joined by ``|``;
that column may be called ``label`` or ``class``, too. Names are relative to its folder, or absolute paths below it; an
``images/`` folder beside it is tried too.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from edge_runtime.contracts.dataset import MAX_IMAGES, LabelledImages, read_image_folder
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels import MAX_LABELS, match_classes

IMAGES_FOLDER = "images"
_NAME, _LABELS, _SEPARATOR = "filename", ("labels", "label", "class"), "|"
_EXPECTED = "expected the columns filename and one 0/1 column a label, or filename,labels with labels joined by |"

_Row = tuple[int, str, tuple[str, ...]]
"""The number of its line, the image's name, its labels."""


def absence_of(label: str) -> str:
    """The name of the class of images that do not show ``label``, where that is the only label there is."""
    return f"not {label}"


def read_dataset(path: Path, classes: tuple[str, ...] | None = None) -> LabelledImages:
    """Reads a folder with one subfolder a class (:func:`read_image_folder`) or a CSV file (:func:`read_image_csv`).

    Raises:
        ContractError: there is no such folder or file, or it breaks the rules of its kind.
    """
    if path.is_dir():
        return read_image_folder(path, classes)
    if not path.exists():
        raise ContractError(f"{path}: no such folder or CSV file; a folder needs one subfolder a class")
    return read_image_csv(path, classes)


def read_image_csv(path: Path, classes: tuple[str, ...] | None = None) -> LabelledImages:
    """Reads the images that a CSV file lists, in its order.

    A file with one 0/1 column ``x`` has the two classes "not x" and "x".

    Args:
        path: the file: UTF-8, commas, the first line names the columns.
        classes: the class names to index by; by default the columns' names, or the labels in alphabetical order.

    Raises:
        ContractError: the file is no such CSV, an image is missing or stands twice, or a label is none of ``classes``;
            the message names the line.
    """
    root = path.parent.absolute()
    found, rows = _read_rows(path)
    if classes is None:
        classes = found or tuple(sorted({label for _, _, labels in rows for label in labels}))
        if not classes:
            raise ContractError(f"{path}: no image has a label; {_EXPECTED}")
    first_seen: dict[str, str] = {}
    for line, _, labels in rows:
        for label in labels:
            first_seen.setdefault(label, f"{path}, line {line}")
    numbers = match_classes(first_seen, classes, str(path), "label")
    names: dict[str, None] = {}
    shown: list[tuple[int, ...]] = []
    for line, text, labels in rows:
        where = f"{path}, line {line}"
        name = _find(root, text, where)
        if name in names:
            raise ContractError(f"{where}: {text} stands in the file twice; remove one line")
        names[name] = None
        shown.append(tuple(sorted(numbers[label] for label in labels)))
    return LabelledImages(root, classes, tuple(names), tuple(shown))


def _read_rows(path: Path) -> tuple[tuple[str, ...], list[_Row]]:
    """The classes where the columns name them, else none; and the rows."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [column.strip() for column in next(reader, [])]
            if len(header) < 2 or header[0] != _NAME:
                raise ContractError(f"{path}: its first line is {','.join(header)[:80]!r}; {_EXPECTED}")
            joined = len(header) == 2 and header[1] in _LABELS
            columns = () if joined else _check_columns(header[1:], path)
            classes = (absence_of(columns[0]), *columns) if len(columns) == 1 else columns
            rows = list(_iterate_rows(reader, len(header), columns, classes, path))
    except OSError as error:
        raise ContractError(f"{path}: cannot read: {error.strerror}; expected a folder or a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ContractError(f"{path}: no CSV file in UTF-8: {error}") from error
    if not rows:
        raise ContractError(f"{path}: lists no image; {_EXPECTED}")
    return classes, rows


def _iterate_rows(
    reader: Iterator[list[str]], width: int, columns: tuple[str, ...], classes: tuple[str, ...], path: Path
) -> Iterator[_Row]:
    """``reader`` is a ``csv.reader``; ``columns`` is empty where the labels are joined in one."""
    for count, cells in enumerate(reader):
        if count == MAX_IMAGES:
            raise ContractError(f"{path}: lists more than {MAX_IMAGES} images")
        if not cells:
            continue
        line: int = reader.line_num  # type: ignore[attr-defined]
        where = f"{path}, line {line}"
        cells = [cell.strip() for cell in cells]
        if len(cells) != width:
            raise ContractError(f"{where}: {len(cells)} cells where the first line has {width}; quote commas in names")
        if not cells[0]:
            raise ContractError(f"{where}: no file name in the column {_NAME}; fill it or remove the line")
        if not columns:
            labels = tuple(dict.fromkeys(filter(None, (text.strip() for text in cells[1].split(_SEPARATOR)))))
        else:
            labels = _marked(cells[1:], columns, where)
            if len(columns) == 1 and not labels:
                labels = classes[:1]
        yield line, cells[0], labels


def _marked(cells: list[str], columns: tuple[str, ...], where: str) -> tuple[str, ...]:
    for column, cell in zip(columns, cells, strict=True):
        if cell not in ("0", "1"):
            raise ContractError(f"{where}: column {column!r} holds {cell[:40]!r}; expected 0 or 1")
    return tuple(column for column, cell in zip(columns, cells, strict=True) if cell == "1")


def _check_columns(columns: list[str], path: Path) -> tuple[str, ...]:
    if len(set(columns)) < len(columns) or not all(columns) or len(columns) > MAX_LABELS:
        raise ContractError(f"{path}: its first line has an empty, repeated or one too many columns; {_EXPECTED}")
    return tuple(columns)


def _find(root: Path, text: str, where: str) -> str:
    """The name below ``root`` of the image that the CSV calls ``text``."""
    name = PurePosixPath(text)
    if name.is_absolute() and name.is_relative_to(root):
        name = name.relative_to(root)
    if name.is_absolute() or ".." in name.parts:
        raise ContractError(f"{where}: {text!r} does not lie below the folder of this file; move it there")
    for candidate in (name, IMAGES_FOLDER / name):
        if (root / candidate).is_file():
            return candidate.as_posix()
    raise ContractError(f"{where}: no file {text} in {root} or its {IMAGES_FOLDER}/; put it there or remove the line")
