"""A tflite_runtime that is not installed here: ai-edge-litert's interpreter under the other name."""

from __future__ import annotations

from pathlib import Path

_INTERPRETER = """
import time
from ai_edge_litert import interpreter

class Interpreter(interpreter.Interpreter):
    def invoke(self):
        time.sleep({slower_by})
        super().invoke()

    def get_tensor(self, index):
        right = super().get_tensor(index)
        return {answer}
"""


def write_tflite_runtime(site: Path, *, answer: str = "right", slower_by: float = 0.0) -> str:
    """Writes the package into ``site``, which then belongs on the path; returns it.

    Args:
        site: a folder that need not exist.
        answer: what it answers, as an expression of ``right``, the right answer.
        slower_by: seconds that each call takes longer.
    """
    package = site / "tflite_runtime"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("__version__ = '2.14.0'\n")
    (package / "interpreter.py").write_text(_INTERPRETER.format(answer=answer, slower_by=slower_by))
    return str(site)
