"""Run by :mod:`converter.inspect.delegates`: loads one model, prints as JSON what the delegate took."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_DELEGATE = "DELEGATE"


def covered_operators(operators: Sequence[Mapping[str, Any]]) -> list[int]:
    """The operators that run inside a delegate's nodes.

    Args:
        operators: of ``Interpreter._get_ops_details()``: first those of the file, then one a delegate's node, which
            names the tensors that go in and come out. What is computed in between, it has taken.
    """
    made_by = {
        int(output): operator
        for operator in operators
        if operator["op_name"] != _DELEGATE
        for output in operator["outputs"]
    }
    covered = set()
    for node in operators:
        if node["op_name"] != _DELEGATE:
            continue
        given = {int(tensor) for tensor in node["inputs"]}
        open_tensors = [int(tensor) for tensor in node["outputs"]]
        while open_tensors:
            operator = made_by.get(open_tensors.pop())
            if operator is not None and operator["index"] not in covered:
                covered.add(int(operator["index"]))
                open_tensors += [int(tensor) for tensor in operator["inputs"] if int(tensor) not in given]
    return sorted(covered)


def main() -> None:
    """Prints the answer for the file that is named."""
    answer: dict[str, Any] = {"interpreter": "", "covered": None, "problem": "", "parts": 0}
    try:
        from ai_edge_litert import __version__
        from ai_edge_litert.interpreter import Interpreter

        answer["interpreter"] = f"ai-edge-litert {__version__}"
        interpreter = Interpreter(model_path=sys.argv[1], num_threads=1)
        interpreter.allocate_tensors()
        operators = interpreter._get_ops_details()  # private, the only one that tells
        answer["covered"] = covered_operators(operators)
        answer["parts"] = sum(operator["op_name"] == _DELEGATE for operator in operators)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        answer["problem"] = " ".join(str(error).split()) or type(error).__name__
    print(json.dumps(answer))
