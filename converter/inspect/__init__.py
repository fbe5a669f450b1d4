"""Any .tflite goes in; what it says about itself comes out. Needs no TensorFlow."""

from __future__ import annotations

from converter.inspect.cli import make_inspect_parser, run_inspect
from converter.inspect.delegates import find_coverage

__all__ = ["find_coverage", "make_inspect_parser", "run_inspect"]
