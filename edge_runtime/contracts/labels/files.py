"""Reads the label files that people have: one place for ``--labels`` and for the labels inside a .tflite."""

from __future__ import annotations

import logging
import re
from functools import lru_cache

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels.lines import read_lines
from edge_runtime.contracts.labels.objects import read_json
from edge_runtime.contracts.labels.pbtxt import is_label_map, read_label_map
from edge_runtime.contracts.labels.rules import validate_labels
from edge_runtime.contracts.labels.tables import read_csv
from edge_runtime.contracts.version import DISTRIBUTION

MAX_LABEL_FILE_BYTES = 16 << 20

_KINDS = {
    b"PK\x03\x04": "a zip file",
    b"\x1f\x8b": "a gzip file",
    b"\x89HDF": "an HDF5 file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF file",
    b"\x80": "a Python pickle",
}
_TFLITE_AT = 4
_WEB_PAGE = re.compile(r"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)


def parse_label_file(content: bytes, where: str) -> tuple[str, ...]:
    """Returns the labels in a label file, in the order of the classes.

    It may hold one label a line, numbered lines, a CSV with a header, JSON or a label map (pbtxt). Anything but plain
    lines is said once. The text is UTF-8, or UTF-16 with its mark.

    Raises:
        ContractError: it is none of these, or contradicts itself; the message names ``where`` and what it is.
    """
    try:
        form, labels = _read(_decode(content), where)
        labels = tuple(label.strip() for label in labels)
        validate_labels(labels)
    except ContractError as error:
        raise ContractError(f"{where}: {error}") from error
    if form:
        _say(where, form)
    return labels


@lru_cache(maxsize=64)  # a command may read a file several times
def _say(where: str, form: str) -> None:
    logging.getLogger(DISTRIBUTION).info("%s: labels: %s", where, form)


def _decode(content: bytes) -> str:
    if len(content) > MAX_LABEL_FILE_BYTES:
        raise ContractError(f"more than {MAX_LABEL_FILE_BYTES >> 20} MiB of labels; is it a label file?")
    kind = next((kind for magic, kind in _KINDS.items() if content.startswith(magic)), None)
    if content[_TFLITE_AT:].startswith(b"TFL3"):
        kind = "a .tflite model"
    if kind is not None:
        raise ContractError(f"it is {kind}, no label file; name a text file with one label a line")
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContractError("it is binary, or text in another encoding than UTF-8; save it as UTF-8") from error
    if "\0" in text:
        raise ContractError("it is binary, or UTF-16 without its mark; save it as UTF-8")
    return text.strip()


def _read(text: str, where: str) -> tuple[str, tuple[str, ...]]:
    """What the text is, empty where it is simply one label a line, and the labels."""
    if _WEB_PAGE.match(text):
        raise ContractError("it is a web page, no label file; download the file itself (on GitHub: Raw)")
    if text[:1] in ("[", "{") and re.search("[\"':,]", text):
        return "JSON", read_json(text)
    if is_label_map(text):
        return "a label map", read_label_map(text)
    lines = [line.strip() for line in text.splitlines()]
    if not lines:
        raise ContractError("the file is empty; put one label a line into it")
    table = read_csv(lines, is_csv=where.lower().endswith((".csv", ".tsv")))
    return ("a CSV with a header", table) if table is not None else read_lines(lines)
