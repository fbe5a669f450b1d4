"""Which operators the targets' interpreters have, as ``tools/list_operators.py`` found by asking them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def known_operators(interpreter: str) -> Mapping[str, int]:
    """The names of an interpreter's operators, each with its highest version.

    Args:
        interpreter: "tflite-runtime" or "tflite-micro"; the latter does not look at versions, they are all 1.
    """
    table = json.loads((resources.files("converter.targets") / "operators.json").read_text("utf-8"))
    operators: dict[str, int] = table[interpreter]["operators"]
    return operators
