"""Names that a model's author chose, as they may stand in a message."""

from __future__ import annotations

from collections.abc import Sequence


def printable(name: str, longest: int = 60) -> str:
    """A name: on one line, and cut where it is long."""
    shown = name if name.isprintable() else ascii(name)
    return shown if len(shown) <= longest else f"{shown[:longest]}…"


def listed(names: Sequence[str]) -> str:
    """Names: at most six of them."""
    shown = [printable(name, 40) for name in names[:6]]
    return ", ".join(shown) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
