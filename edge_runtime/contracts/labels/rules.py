"""What labels may be."""

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
