"""Labels that come with numbers, in any order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from edge_runtime.contracts.errors import ContractError

WAY_OUT = "a JSON list of the names is never misread"
_NUMBER = re.compile("[0-9]{1,6}")


def is_number(text: str) -> bool:
    """Whether ``text`` is a class number, 0 to 999999."""
    return _NUMBER.fullmatch(text.strip()) is not None


def is_complete(numbers: Sequence[int]) -> bool:
    """Whether these are 0 to N - 1, or 1 to N, each once."""
    return sorted(numbers) in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))


def by_number(numbers: Sequence[int], names: Sequence[str]) -> tuple[str, ...]:
    """The names in the order of their numbers.

    Raises:
        ContractError: a number is missing or stands twice, or they begin neither with 0 nor with 1.
    """
    if not is_complete(numbers):
        raise ContractError(
            f"{_fault(numbers)}; number the {len(numbers)} classes from 0 or from 1, each once; {WAY_OUT}"
        )
    return tuple(name for _, name in sorted(zip(numbers, names, strict=True)))


def _fault(numbers: Sequence[int]) -> str:
    there = Counter(numbers)
    if len(there) < len(numbers):
        twice = min(number for number, count in there.items() if count > 1)
        return f"class number {twice} stands twice"
    if min(there) > 1:
        return f"the class numbers begin with {min(there)}"
    missing = next(number for number in range(min(there), max(there)) if number not in there)
    return f"class number {missing} is missing"
