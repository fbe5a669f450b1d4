"""The names of a model's classes."""

from __future__ import annotations

from edge_runtime.contracts.errors import ContractError

MAX_LABELS = 100_000
MAX_LABEL_LENGTH = 1_000


def validate_labels(labels: tuple[str, ...]) -> None:
    """Refuses labels that cannot be told apart or printed on one line.

    Real label files do repeat a name (ImageNet has two cranes), so equal labels are allowed here; the class index
    tells them apart.

    Raises:
        ContractError: there are none or too many, or one is empty, too long or holds a control character.
    """
    if not 1 <= len(labels) <= MAX_LABELS:
        raise ContractError(f"labels: {len(labels)} entries; 1 to {MAX_LABELS} are possible")
    for number, label in enumerate(labels, 1):
        if not label.strip() or len(label) > MAX_LABEL_LENGTH or not label.isprintable():
            raise ContractError(f"labels: entry {number} is empty, too long or not printable: {label[:40]!r}")


def parse_label_file(content: bytes, where: str) -> tuple[str, ...]:
    """Returns the labels in the text of a label file: UTF-8, one a line; blank lines at the end do not count.

    Raises:
        ContractError: the bytes are no such text; the message names ``where``.
    """
    try:
        lines = content.decode("utf-8-sig").rstrip().splitlines()
    except UnicodeDecodeError as error:
        raise ContractError(f"{where}: not a text in UTF-8 with one label a line") from error
    labels = tuple(line.strip() for line in lines)
    try:
        validate_labels(labels)
    except ContractError as error:
        raise ContractError(f"{where}: {error}") from error
    return labels
